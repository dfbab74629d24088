"""What an image must be before it may leave: rendered from pixels, cleaned, checked, confirmed.

`painting` renders what napari draws of layers from their arrays, never from the canvas; `signals`
reads what headers say of text and faces, and `burned_in` looks for text in the pixels; a
`sealed_image` is encoded and parsed again by `jpeg` or `png`; the `gate` lets it out. Nothing here
knows napari, Qt or a network.
"""
