"""Prints what `torchvisionNames.json` holds: names and shapes of the state dicts of torchvision's networks, without values."""
import json

import torch

from torchWeights import torchvision_models

with torch.device("meta"):
    models = torchvision_models()
    networks = {
        "resnet18": models.resnet18(),
        "vgg16": models.vgg16_bn(init_weights=False),
        "mobileNetV2": models.mobilenet_v2(),
    }
print(json.dumps({name: {k: list(v.shape) for k, v in net.state_dict().items()} for name, net in networks.items()}))
