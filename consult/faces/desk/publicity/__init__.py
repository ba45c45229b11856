"""What makes a consultation known besides the website: kits for new media, and where they were posted."""
