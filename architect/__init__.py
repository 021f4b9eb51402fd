"""The building half: from specs to accepted modules, and repair."""
