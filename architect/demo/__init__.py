"""The demo: the main job from specs to a trading system that repairs itself."""
