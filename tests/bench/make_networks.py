#!/usr/bin/env python3
"""TorchScript networks of the shapes people run, with random weights (seed 0), for measuring speed only.
  make_networks.py OUT_DIR     writes conv.pt and light.pt (encoder-decoders) and vit.pt (ViT-Small-sized, patch 16)
Traced at 480x640; needs torch 1.13 or newer."""
import pathlib
import sys

import torch
from torch import nn


class EncoderDecoder(nn.Module):
    """Four strided convolutions down, four bilinear steps up: about 4 GFLOP at 480x640; 50 ms a frame on two cores
    when it is light."""

    def __init__(self, widths=(24, 48, 96, 160)):
        super().__init__()
        widths = [3, *widths]
        self.down = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, 2, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU(),
                          nn.Conv2d(b, b, 3, 1, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU())
            for a, b in zip(widths, widths[1:]))
        self.up = nn.ModuleList(nn.Conv2d(b, a, 3, 1, 1) for a, b in zip([16] + widths[1:], widths[1:]))
        self.head = nn.Conv2d(16, 1, 3, 1, 1)

    def forward(self, x):
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(x)
        for i in (3, 2, 1, 0):
            x = torch.relu(self.up[i](x))
            x = nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            if i > 0:
                x = x + skips[i - 1]
        return 0.1 + 9.9 * torch.sigmoid(self.head(x))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        n, t, w = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, self.heads, w // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        a = torch.softmax(q @ k.transpose(-2, -1) * (w // self.heads) ** -0.5, dim=-1)
        return self.out((a @ v).transpose(1, 2).reshape(n, t, w))


class ViT(nn.Module):
    """12 blocks of width 384 on 1200 tokens and a convolutional head: about 60 GFLOP at 480x640."""

    def __init__(self, width=384, depth=12, heads=6):
        super().__init__()
        self.patch = nn.Conv2d(3, width, 16, 16)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2 * depth))
        self.attention = nn.ModuleList(Attention(width, heads) for _ in range(depth))
        self.mlp = nn.ModuleList(nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
                                 for _ in range(depth))
        self.head = nn.Sequential(nn.Conv2d(width, 64, 3, 1, 1), nn.ReLU(), nn.Conv2d(64, 1, 3, 1, 1))

    def forward(self, x):
        x = self.patch(x)
        n, w, rows, cols = x.shape
        x = x.flatten(2).transpose(1, 2)
        for i, (attention, mlp) in enumerate(zip(self.attention, self.mlp)):
            x = x + attention(self.norms[2 * i](x))
            x = x + mlp(self.norms[2 * i + 1](x))
        x = x.transpose(1, 2).reshape(n, w, rows, cols)
        x = nn.functional.interpolate(x, scale_factor=4.0, mode="bilinear", align_corners=False)
        return 0.1 + 9.9 * torch.sigmoid(self.head(x))


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name, network in (("conv", EncoderDecoder), ("light", lambda: EncoderDecoder((20, 40, 72, 112))), ("vit", ViT)):
        torch.manual_seed(0)
        model = network().eval()
        with torch.no_grad():
            traced = torch.jit.trace(model, torch.rand(2, 3, 480, 640))
        traced.save(str(out / (name + ".pt")))
        print(out / (name + ".pt"), sum(p.numel() for p in model.parameters()), "parameters")


if __name__ == "__main__":
    main()
