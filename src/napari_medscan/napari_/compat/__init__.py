"""What differs between the versions of napari that the plugin runs on, 0.6.6 to 0.10.

Everything here asks for a feature, not for a version. Delete what an old version needs once the
requirement in ``pyproject.toml`` leaves that version out.

======================================  ==========  ============================================
Missing before                          in          Here instead
======================================  ==========  ============================================
``viewer.scene.camera``, ``.canvas``    0.9         `viewer_model`
An event when the canvas is resized     0.9         `viewer_model.canvas_size_event`
Overlays half-way up the canvas         0.9         `canvas_label`, a Qt label on the canvas
Overlays on a box, in the theme's color 0.7         `canvas_label`
The scale bar's unit from the layers    0.7         `viewer_model.show_unit`
Plugin settings and their page          0.9         `plugin_settings`
The right name of an event of shortcuts 0.7         `shortcuts`
======================================  ==========  ============================================
"""
