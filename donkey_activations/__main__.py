"""``python -m donkey_activations VERB …``."""

import sys

from donkey_activations.commands import main

sys.exit(main())
