"""The imports of processes that run a test's function, made before they are forked."""

from echornn.runtime import quiet

quiet.import_tensorflow()
