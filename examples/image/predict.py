import hashlib
import hmac
import sys
from typing import Callable, Dict, List, Optional

from PIL import Image, ImageFilter, ImageOps, PngImagePlugin

from cog import BaseRunner, Input, Path, Secret

FILTERS: Dict[str, Callable[[Image.Image], Image.Image]] = {
    "blur": lambda picture: picture.filter(ImageFilter.GaussianBlur(4)),
    "edges": lambda picture: picture.filter(ImageFilter.FIND_EDGES),
    "grey": ImageOps.grayscale,
    "negative": ImageOps.invert,
    "oil": lambda picture: picture.filter(ImageFilter.ModeFilter(9)),
    "poster": lambda picture: ImageOps.posterize(picture, 2),
    "sepia": lambda picture: ImageOps.colorize(ImageOps.grayscale(picture), "#2b1a0e", "#ffe6c0"),
    "sketch": lambda picture: ImageOps.grayscale(picture).filter(ImageFilter.CONTOUR),
}


def report(done: int, total: int) -> None:
    """Writes a line over the last one, as tqdm does: the page makes a bar of it."""
    bar = "#" * (20 * done // total)
    end = "\n" if done == total else ""
    print(f"\rFiltering: {100 * done // total:3}%|{bar:20}| {done}/{total}", end=end, file=sys.stderr, flush=True)


class Predictor(BaseRunner):
    def run(
        self,
        image: Optional[Path] = Input(
            description="Picture to work on; left out, a landscape", default=None, accept="image/*"
        ),
        width: int = Input(
            description="Width of the result, in pixels, before it is turned", default=480, ge=1, le=4096
        ),
        filters: List[str] = Input(description="What is done to it", default=[], choices=list(FILTERS)),
        strength: float = Input(description="How much of the filters is seen", default=1, ge=0, le=1),
        rotate: int = Input(description="Degrees, clockwise", default=0, choices=[0, 90, 180, 270]),
        mirror: bool = Input(description="Exchange left and right", default=False),
        signing_key: Optional[Secret] = Input(
            description="Signs the pixels: their HMAC-SHA256 is put into the file as the text 'signature'", default=None
        ),
    ) -> Path:
        with Image.open(image or Path(__file__).with_name("input.png")) as source:
            picture = source.convert("RGB")
        height = max(1, round(picture.height * width / picture.width))
        print(f"{picture.width} x {picture.height} pixels become {width} x {height}")
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
        if mirror:
            picture = ImageOps.mirror(picture)
        picture = picture.rotate(-rotate, expand=True)
        for done, name in enumerate(filters):
            report(done, len(filters))
            picture = Image.blend(picture, FILTERS[name](picture).convert("RGB"), strength)
        if filters:
            report(len(filters), len(filters))
        self.record_metric("pixels", width * height)
        about = PngImagePlugin.PngInfo()
        if signing_key:
            key = (signing_key.get_secret_value() or "").encode()
            about.add_text("signature", hmac.new(key, picture.tobytes(), hashlib.sha256).hexdigest())
        output = Path("/tmp/output.png")
        picture.save(output, pnginfo=about)
        return output
