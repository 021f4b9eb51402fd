"""The running half: it loads, calls, swaps and records modules; it writes none."""
