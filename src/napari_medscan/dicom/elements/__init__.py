"""The bounded parser of data elements, their values and texts."""
