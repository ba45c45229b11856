"""The append-only record of every act, in a Merkle tree with signed checkpoints (docs/transparency.md)."""
