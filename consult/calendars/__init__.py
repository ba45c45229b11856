"""The State Council's notices of years as they were entered: the one calendar that every period and clock goes by."""
