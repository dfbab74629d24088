"""The whole data set of a file as a tree of rows: read, searched, compared, exported.

Workers parse (:mod:`requests`, :mod:`walk`, :mod:`texts`); the rest runs in the host on what they
send, which is checked and never trusted.
"""
