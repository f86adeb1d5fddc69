/** @file Contents of `models`. */
export * from "./centerDetector.ts";
export * from "./edsr.ts";
export * from "./lenet5.ts";
export * from "./mobileNetV1.ts";
export * from "./mobileNetV2.ts";
export * from "./model.ts";
export * from "./models.ts";
export * from "./preactResnet.ts";
export * from "./resnet18.ts";
export * from "./resnet20.ts";
export * from "./vgg16.ts";
export * from "./vit.ts";
