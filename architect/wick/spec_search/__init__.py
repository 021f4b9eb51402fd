"""The search without a model, driven by a spec: for a body that failed while it ran."""
