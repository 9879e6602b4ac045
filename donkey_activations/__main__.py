"""``python -m donkey_activations VERB …``."""

import sys

from donkey_activations.cli.main import main

sys.exit(main())
