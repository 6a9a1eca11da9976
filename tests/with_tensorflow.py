"""What processes of their own, which run a test's work, have imported when they begin."""

from echornn.runtime import quiet

quiet.import_tensorflow()
