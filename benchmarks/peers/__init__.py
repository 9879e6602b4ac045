"""The peers: how each gets the maps of a frame, and the picture that it makes of them.

One file a peer, with functions of these names, as far as the peer offers what they do:

- ``load(path)`` opens a Keras file;
- ``maps(pilot, image)`` takes float32 ``(1, height, width, 3)``, 0 to 1, and returns what the peer
  returns of the convolutions: by layer, float32 ``(height, width, filters)``, where it can be had;
- ``picture(maps, folder)`` writes the peer's own picture of such maps.
"""
