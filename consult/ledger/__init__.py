"""The append-only record of every act, sealed into a Merkle tree."""
