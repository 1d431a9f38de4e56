"""The one table of media types: the server and the tool are built from it, too (src/io/media_type.cpp)."""

from __future__ import annotations

from typing import Optional

# By extension: the media type of such files, then other names of it. Where several have one type, the first is written.
TABLE: dict[str, str] = {
    # Images
    "avif": "image/avif",
    "bmp": "image/bmp image/x-ms-bmp image/x-bmp",
    "dng": "image/x-adobe-dng",
    "exr": "image/x-exr image/aces",
    "gif": "image/gif",
    "hdr": "image/vnd.radiance",
    "heic": "image/heic",
    "heif": "image/heif",
    "ico": "image/x-icon image/vnd.microsoft.icon",
    "jpg": "image/jpeg image/jpg image/pjpeg",
    "jpeg": "image/jpeg",
    "jpe": "image/jpeg",
    "jp2": "image/jp2",
    "jxl": "image/jxl",
    "png": "image/png image/x-png",
    "psd": "image/vnd.adobe.photoshop",
    "svg": "image/svg+xml",
    "tga": "image/x-tga",
    "tiff": "image/tiff",
    "tif": "image/tiff",
    "webp": "image/webp",
    # Audio
    "aac": "audio/aac audio/aacp audio/x-aac",
    "aif": "audio/x-aiff audio/aiff",
    "aiff": "audio/x-aiff",
    "amr": "audio/amr",
    "au": "audio/basic",
    "caf": "audio/x-caf",
    "flac": "audio/flac audio/x-flac",
    "m4a": "audio/mp4 audio/x-m4a audio/m4a",
    "m4b": "audio/mp4",
    "mid": "audio/midi audio/x-midi",
    "midi": "audio/midi",
    "mka": "audio/x-matroska",
    "mp3": "audio/mpeg audio/mp3 audio/x-mp3 audio/mpeg3 audio/x-mpeg",
    "ogg": "audio/ogg application/ogg audio/vorbis",
    "oga": "audio/ogg",
    "opus": "audio/opus",
    "wav": "audio/wav audio/x-wav audio/wave audio/vnd.wave audio/x-pn-wav",
    "weba": "audio/webm",
    "wma": "audio/x-ms-wma",
    # Video
    "3gp": "video/3gpp audio/3gpp",
    "3g2": "video/3gpp2 audio/3gpp2",
    "avi": "video/x-msvideo video/avi video/msvideo",
    "flv": "video/x-flv",
    "m4v": "video/x-m4v",
    "mkv": "video/x-matroska video/matroska",
    "mov": "video/quicktime",
    "mp4": "video/mp4 application/mp4",
    "mpeg": "video/mpeg",
    "mpg": "video/mpeg",
    "ogv": "video/ogg",
    "ts": "video/mp2t",
    "mts": "video/mp2t",
    "webm": "video/webm",
    "wmv": "video/x-ms-wmv",
    # Subtitles
    "ass": "text/x-ssa text/x-ass",
    "ssa": "text/x-ssa",
    "srt": "application/x-subrip text/srt text/x-srt application/srt",
    "ttml": "application/ttml+xml",
    "vtt": "text/vtt",
    # Texts and data
    "css": "text/css",
    "csv": "text/csv application/csv",
    "html": "text/html application/xhtml+xml",
    "htm": "text/html",
    "js": "text/javascript application/javascript application/x-javascript",
    "json": "application/json text/json application/x-json",
    "jsonl": "application/jsonl application/x-jsonlines application/jsonlines application/json-lines",
    "ndjson": "application/x-ndjson application/ndjson",
    "md": "text/markdown text/x-markdown",
    "mjs": "text/javascript",
    "nq": "application/n-quads",
    "py": "text/x-python application/x-python text/x-script.python",
    "rtf": "application/rtf text/rtf",
    "sh": "application/x-sh",
    "toml": "application/toml",
    "tsv": "text/tab-separated-values",
    "txt": "text/plain",
    "log": "text/plain",
    "webmanifest": "application/manifest+json",
    "xml": "application/xml text/xml",
    "yaml": "application/yaml application/x-yaml text/yaml text/x-yaml",
    "yml": "application/yaml",
    "h5": "application/x-hdf5 application/x-hdf",
    "ipynb": "application/x-ipynb+json",
    "parquet": "application/vnd.apache.parquet application/x-parquet",
    "sqlite": "application/vnd.sqlite3 application/x-sqlite3",
    # Office
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "epub": "application/epub+zip",
    "key": "application/vnd.apple.keynote",
    "numbers": "application/vnd.apple.numbers",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "pages": "application/vnd.apple.pages",
    "pdf": "application/pdf application/x-pdf",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "ps": "application/postscript",
    "xls": "application/vnd.ms-excel",
    "xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    # Models in three dimensions
    "3mf": "model/3mf application/vnd.ms-package.3dmanufacturing-3dmodel+xml",
    "dae": "model/vnd.collada+xml",
    "fbx": "model/fbx model/x-fbx application/vnd.autodesk.fbx",
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
    "iges": "model/iges",
    "igs": "model/iges",
    "mtl": "model/mtl",
    "obj": "model/obj",
    "ply": "model/ply application/ply model/x-ply",
    "step": "model/step",
    "stp": "model/step",
    "stl": "model/stl application/sla model/x.stl-binary model/x.stl-ascii application/vnd.ms-pki.stl",
    "usda": "model/vnd.usda",
    "usdz": "model/vnd.usdz+zip",
    "wrl": "model/vrml",
    "x3d": "model/x3d+xml",
    # Archives
    "7z": "application/x-7z-compressed",
    "bz2": "application/x-bzip2 application/x-bzip",
    "gz": "application/gzip application/x-gzip",
    "tgz": "application/gzip",
    "jar": "application/java-archive",
    "lz4": "application/x-lz4",
    "rar": "application/vnd.rar application/x-rar-compressed application/x-rar",
    "tar": "application/x-tar",
    "xz": "application/x-xz",
    "zip": "application/zip application/x-zip-compressed application/x-zip",
    "zst": "application/zstd application/x-zstd",
    # The rest
    "bin": "application/octet-stream",
    "otf": "font/otf",
    "ttf": "font/ttf",
    "wasm": "application/wasm",
    "woff": "font/woff",
    "woff2": "font/woff2",
}

_TYPES = {extension: names.split()[0] for extension, names in TABLE.items()}
_EXTENSIONS = {name: extension for extension in reversed(TABLE) for name in TABLE[extension].split()}


def media_type_of(name: str) -> Optional[str]:
    """The media type of a file by the extension of its name, if that is known."""
    stem, _, extension = name.rpartition("/")[2].rpartition(".")
    return _TYPES.get(extension.lower()) if stem else None


def extension_of(media_type: str) -> Optional[str]:
    """The extension of files of a media type (without parameters), with its dot, if that is known."""
    extension = _EXTENSIONS.get(media_type.lower())
    return None if extension is None else f".{extension}"
