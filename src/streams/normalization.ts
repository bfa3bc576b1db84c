/** Red, green, blue of ImageNet's pictures, which networks that were pretrained on them expect to be normalized by. */
export const imageNet = {
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
} as const;
