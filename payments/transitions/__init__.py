"""The only door for writes on the money side: one keyword-only function a verb."""
