# >>> donkey-activations >>> begin (out again: donkey activations install --uninstall)
#
# This block stays at the end of myconfig.py: what stands here wins over the same
# key further up. Edit the values in place, there is nothing else to keep in step.

# Camera resolution in pixels, 16 to 4096 each. Stock Donkeycar has 160 x 120.
# WARNING: a pilot drives only at the resolution it was trained at. After a change
# here, record new data and train again, or set the size of the pilot you have.
IMAGE_W = 640
IMAGE_H = 360

# True: record what the pilot's convolutions saw. False: the car is stock.
ACTIVATIONS_ENABLED = True                # True or False, default True

# The pilot to look into. None: the one given with --model.
ACTIVATIONS_MODEL = None                  # None or a path, default None

# One mosaic every so many camera frames (5 at 20 Hz: 4 mosaics a second).
ACTIVATIONS_EVERY_N_FRAMES = 5            # frames, 1 to 1000, default 5

# Which layers, by name, e.g. ["conv2d_1", "conv2d_5"]. None: every convolution, of very many some.
# `donkey activations layers --model MODEL` lists the names.
ACTIVATIONS_LAYERS = None                 # None or a list of names, default None

# How a mosaic is laid out: a YAML file. None: the standard layout.
ACTIVATIONS_LAYOUT = None                 # None or a path, default None

# True: mosaics go into the tub's activations/ folder.
ACTIVATIONS_RECORD = True                 # True or False, default True

# True: records carry the name of their mosaic. False: pictures only; for a tub
# that was begun without this package.
ACTIVATIONS_COLUMN = True                 # True or False, default True

# True: the newest mosaic takes the camera's place on Donkeycar's drive page. One that is
# older than a second gives way to the camera: keep ACTIVATIONS_EVERY_N_FRAMES small.
# The page of Donkeycar 5.4.0 from PyPI lacks files and shows no picture at all.
ACTIVATIONS_SHOW = False                  # True or False, default False

# Quality of the mosaics' JPEG files.
ACTIVATIONS_JPEG_QUALITY = 85             # 1 (small) to 100 (sharp), default 85

# Threads of the network that computes the maps, beside the drive loop.
ACTIVATIONS_THREADS = 1                   # threads, 1 to 16, default 1

# True: open a Keras pilot even if that runs code stored in the file (Lambda layers,
# for one). Only for a file whose author you trust.
ACTIVATIONS_TRUST_MODEL = False           # True or False, default False

try:
    from donkey_activations import register
    register()
except (Exception, SystemExit) as problem:
    # never a reason not to drive
    print(f"donkey-activations does not work, driving without mosaics: {problem!r}")
# <<< donkey-activations <<< end
