"""Reviews of a version of the draft: legality, fair competition, risk, experts, secrecy; acts with papers."""
