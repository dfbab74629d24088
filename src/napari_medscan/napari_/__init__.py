"""The floor that knows napari: stacks to layers, dialogs, notifications."""
