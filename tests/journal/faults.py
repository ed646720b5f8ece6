"""Making the operating system fail."""

import os


class Fault:
    """Fails the call number ``index`` of an ``os`` function; counts the calls."""

    def __init__(self, patch, name, index, code, partial=None):
        self.calls = 0
        self.happened = False
        real = getattr(os, name)

        def call(*arguments):
            self.calls += 1
            if self.calls - 1 != index:
                return real(*arguments)
            self.happened = True
            if partial is not None:
                descriptor, data, offset = arguments
                written = real(descriptor, data[: int(len(data) * partial)], offset)
                if code is None:
                    return written
            raise OSError(code, os.strerror(code))

        patch.setattr(os, name, call)
