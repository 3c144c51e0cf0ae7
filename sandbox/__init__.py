"""The embedded cloud: start it, deploy the program into it, verify it, stop it.

`sandbox` stands beside the library. It runs the real ``__main__.py`` as it is;
nothing under ``components`` knows that it exists.
"""
