"""Tubs: the records and frames that Donkeycar wrote, and the mosaics that we put beside them."""
