"""A drive on a drawn track: a car folder, a tub and a pilot for a machine that has none."""
