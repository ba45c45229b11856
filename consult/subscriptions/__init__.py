"""Word goes out: receipts and decisions to who left an address, news to who subscribed."""
