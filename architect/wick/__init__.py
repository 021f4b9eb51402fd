"""Wick: a failure in, an accepted version out, or a safe system and a clear incident."""
