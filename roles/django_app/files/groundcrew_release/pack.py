"""Pack the uploads of an application and dumps: `pack.py MEDIA [ALIAS=DUMP…]`, the archive on standard output.

It runs as the application's user, since the application runs meanwhile and may exchange a folder for a link: nothing is
packed that this user cannot read anyway. Links among the uploads stay links. What a volume of its own has from its file
system is none of the uploads.
"""

import os
import sys
import tarfile


def main(media: str, *dumps: str) -> None:
    """Write the archive."""
    try:
        with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
            for alias, _, path in (dump.partition("=") for dump in dumps):
                archive.add(path, f"databases/{alias}.dump")
            # The folder itself may be a link to another disk.
            archive.add(os.path.realpath(media), "media", filter=own)
    except OSError as error:
        sys.exit(f"{error.filename or media} cannot be packed: {error.strerror}.")


def own(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out what belongs to the file system."""
    return None if member.name == "media/lost+found" else member


if __name__ == "__main__":
    main(*sys.argv[1:])
