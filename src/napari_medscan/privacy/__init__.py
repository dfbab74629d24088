"""What a picture must be before it may leave: rendered from pixels, cleaned, checked.

`painting` renders what napari draws of layers from their arrays, never from the canvas; `jpeg`
encodes and re-parses; `picture` does the whole way; `signals` reads what headers say of text in
pictures and of faces; `burned_in` looks for text in the pixels. Nothing here knows napari, Qt or a
network.
"""
