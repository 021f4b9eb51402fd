"""What of a body its tests made use of: what no test ever needed is not proved."""
