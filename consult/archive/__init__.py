"""The archive package of a consultation: everything as it came and became, and a script that rebuilds each figure."""
