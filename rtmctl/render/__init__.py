"""DeviceModel to text: one module a platform beside `templates/<platform>/`; templates only print what the model says."""
