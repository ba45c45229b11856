"""The end of the road: what the meeting decided, the document that was issued, and what becomes of it afterwards."""
