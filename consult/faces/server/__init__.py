"""The web server's own part: requests are read and answers sent by one loop, so that slow clients hold no thread."""
