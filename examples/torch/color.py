"""What the color stream takes of a frame: 51 features, in NumPy. `src/streams/color/` says what each is, and where it
comes from."""
import numpy as np

XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = XYZ.sum(1)  # 0.9505, 1, 1.089
DARKEST, HUES, COUNTED = 0.15, 12, 20
# about the mean and the deviation of each feature, which its input is less, and divided by
USUAL = [0.47, 0.23, 0.04, 0.08, 0.07, 0.11, 0.23, 0.06, *[0.2] * 15]
USUAL += [0.52, 0.24, 0.31, 0.18, 0.25, *[0.015] * HUES, *[0.25] * 8, 0.16, 0.88, 0.5]
DEVIATION = [0.14, 0.06, 0.09, 0.06, 0.14, 0.07, 0.21, 0.12, *[0.2] * 15]
DEVIATION += [0.15, 0.06, 0.19, 0.08, 0.16, *[0.03] * HUES, *[0.25] * 8, 0.1, 0.11, 0.4]


def hsv(rgb):
    """Hue in turns, saturation, value; of levels 0 to 1, [pixels, 3]."""
    red, green, blue = rgb.T
    value, chroma = rgb.max(1), np.ptp(rgb, axis=1)
    safe = np.where(chroma > 0, chroma, 1)
    by = [(green - blue) / safe % 6, 2 + (blue - red) / safe, 4 + (red - green) / safe]
    hue = np.select([value == red, value == green], by[:2], by[2]) / 6
    return np.where(chroma > 0, hue, 0), chroma / np.where(value > 0, value, 1), value


def lab(rgb):
    """L*, a*, b* under D65; of sRGB levels 0 to 1, [pixels, 3]."""
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    ratio = light @ (XYZ / WHITE[:, None]).T
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116).T
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def shares(values, lowest, highest, bins):
    """Of each bin the mean of how near values are to it: 1 at it, 0 from the next one on."""
    places = ((values - lowest) * (bins - 1) / (highest - lowest)).clip(0, bins - 1)
    return np.maximum(0, 1 - abs(places[:, None] - np.arange(bins))).mean(0)


def around(turns, bins, weights):
    """The same on a circle, with a weight for each value."""
    far = abs(turns[:, None] * bins - np.arange(bins))
    return (np.maximum(0, 1 - np.minimum(far, bins - far)) * weights[:, None]).mean(0)


def ramp(values, border):
    return ((values - border) / 0.1 + 0.5).clip(0, 1)


def color_features(picture, shot):
    """Of a picture, [height, width, 3] of 0 to 255, and the seconds that the shot around it lasts (of at most 10 s before
    it and 10 s after it, at least 0.2 s)."""
    rgb = np.asarray(picture, np.uint8).reshape(-1, 3) / 255
    hue, saturation, value = hsv(rgb)
    chroma = saturation * value
    saturated = chroma / np.maximum(value, DARKEST)
    lightness, a, b = lab(rgb)
    opponents = np.stack([rgb[:, 0] - rgb[:, 1], (rgb[:, 0] + rgb[:, 1]) / 2 - rgb[:, 2]])
    counts = ramp(saturated, 0.2) * ramp(value, DARKEST) * (1 - ramp(value, 0.95))
    hues = around(hue, COUNTED, counts)
    warmth = 0.02 * np.hypot(a, b) ** 1.07 * np.cos(np.arctan2(b, a) - np.radians(50))
    low, high = np.percentile(rgb, [1, 99], method="inverted_cdf")
    return np.concatenate(
        [
            [of(values) for values in (lightness / 100, a / 100, b / 100) for of in (np.mean, np.std)],
            [warmth.clip(0, 1).mean(), (-warmth).clip(0, 1).mean()],
            shares(lightness, 0, 100, 5),
            shares(a, -40, 40, 5),
            shares(b, -40, 40, 5),
            [of(values) for values in (value, saturated) for of in (np.mean, np.std)],
            [np.minimum(1, hues / (2 * max(0.05 * hues.max(), 0.005))).sum() / COUNTED],
            around(hue, HUES, chroma),
            shares(value, 0, 1, 4),
            shares(saturated, 0, 1, 4),
            [np.hypot(*opponents.std(1)) + 0.3 * np.hypot(*opponents.mean(1)), high - low, np.log10(shot)],
        ]
    )


def color_input(picture, shot):
    """The input of the color stream for a frame, [51, 1, 1]."""
    scaled = (color_features(picture, shot) - USUAL) / DEVIATION
    return np.float32(scaled).reshape(-1, 1, 1)
