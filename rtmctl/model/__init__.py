"""What one device is to run, vendor-neutral and complete: render, check, the plan's reset analysis and verify read
this, and nobody derives policy again from text or intent.
"""
