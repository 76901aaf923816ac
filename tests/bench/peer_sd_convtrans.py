#!/usr/bin/env python3
"""Times the SD-ConvTrans forward pair as plain PyTorch modules run it: the peer of bench_sd_convtrans.

Written from the architecture's facts with torch operators alone, in the published order of work: batch norms
are not folded, predict1 of the low-resolution volume is evaluated twice, unused parameters are carried.
Weights are random, which does not change the time. Prints seconds per forward and the peak resident memory.

    OMP_NUM_THREADS=1 python3 peer_sd_convtrans.py --repeat 3
"""
import argparse
import math
import resource
import time

import torch
from torch import nn
from torch.nn import functional as F


class Bottleneck(nn.Module):
    def __init__(self, cin, width, stride, down):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(cin, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.downsample = (
            nn.Sequential(nn.Conv2d(cin, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))
            if down else None)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + (self.downsample(x) if self.downsample else x))


class Block(nn.Module):
    def __init__(self, c, heads, r):
        super().__init__()
        self.heads, self.r = heads, r
        self.norm1, self.norm2 = nn.LayerNorm(c, eps=1e-6), nn.LayerNorm(c, eps=1e-6)
        self.q, self.kv, self.proj = nn.Linear(c, c), nn.Linear(c, 2 * c), nn.Linear(c, c)
        if r > 1:
            self.sr, self.norm = nn.Conv2d(c, c, r, r), nn.LayerNorm(c)
        self.fc1, self.fc2 = nn.Linear(c, 4 * c), nn.Linear(4 * c, c)
        self.dwconv = nn.Conv2d(4 * c, 4 * c, 3, 1, 1, groups=4 * c)

    def forward(self, x, h, w):
        n, t, c = x.shape
        y = self.norm1(x)
        q = self.q(y).reshape(n, t, self.heads, c // self.heads).permute(0, 2, 1, 3)
        if self.r > 1:
            y = self.norm(self.sr(y.transpose(1, 2).reshape(n, c, h, w)).flatten(2).transpose(1, 2))
        k, v = self.kv(y).reshape(n, -1, 2, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        a = ((q @ k.transpose(-2, -1)) / math.sqrt(c // self.heads)).softmax(-1)
        x = x + self.proj((a @ v).transpose(1, 2).reshape(n, t, c))
        y = self.fc1(self.norm2(x))
        y = self.dwconv(y.transpose(1, 2).reshape(n, 4 * c, h, w)).flatten(2).transpose(1, 2)
        y = 0.5 * y * (1 + torch.tanh(math.sqrt(2 / math.pi) * (y + 0.044715 * y ** 3)))
        return x + self.fc2(y)


def agg(cin):
    return nn.Sequential(nn.Conv2d(cin, cin, 3, 1, 1), nn.ReLU(), nn.Conv2d(cin, 128, 3, 1, 1), nn.ReLU())


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer0 = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
                                    nn.MaxPool2d(3, 2, 1))
        self.trunk, cin = nn.ModuleList(), 64
        for s, (count, width) in enumerate(zip((3, 4, 23, 3), (64, 128, 256, 512))):
            blocks = []
            for i in range(count):
                blocks.append(Bottleneck(cin, width, 2 if s and not i else 1, i == 0))
                cin = 4 * width
            self.trunk.append(nn.Sequential(*blocks))
        self.top = nn.Conv2d(2048, 256, 1)
        self.lat = nn.ModuleList(nn.Conv2d(c, 256, 1) for c in (1024, 512, 256))
        self.smooth = nn.ModuleList(nn.Conv2d(256, 256, 3, 1, 1) for _ in range(3))
        self.agg = nn.ModuleList(agg(256) for _ in range(5))
        self.aggs = nn.ModuleList(agg(c) for c in (32, 64, 160, 256))
        self.up = nn.ModuleList(nn.Sequential(nn.Conv2d(128, 128 * r * r, 3, 1, 1), nn.PixelShuffle(r), nn.ReLU())
                                for r in (8, 4, 2))
        self.predict1 = nn.Sequential(nn.Conv2d(512, 128, 3, 1, 1), nn.ReLU())
        self.predict2 = nn.Sequential(nn.Conv2d(128, 1, 3, 1, 1), nn.Sigmoid())
        self.embed, self.embed_norm = nn.ModuleList(), nn.ModuleList()
        self.blocks, self.norm, cin = nn.ModuleList(), nn.ModuleList(), 3
        for s, (c, heads, r) in enumerate(zip((32, 64, 160, 256), (1, 2, 5, 8), (8, 4, 2, 1))):
            self.embed.append(nn.Conv2d(cin, c, 3 if s else 7, 2 if s else 4, 1 if s else 3))
            self.embed_norm.append(nn.LayerNorm(c))
            self.blocks.append(nn.ModuleList(Block(c, heads, r) for _ in range(2)))
            self.norm.append(nn.LayerNorm(c, eps=1e-6))
            cin = c
        self.conv_gg = nn.Conv2d(128, 128, 3, 1, 1, bias=False)
        self.fuse = nn.Sequential(nn.Conv2d(256, 256, 1), nn.BatchNorm2d(256), nn.ReLU())
        # carried, never used: decode_head and tbdn.conv1
        self.unused = nn.ParameterList([nn.Parameter(torch.zeros(395009 + 147712))])

    def pyramid(self, x):
        c = [self.layer0(x)]
        for stage in self.trunk:
            c.append(stage(c[-1]))
        p = [self.top(c[4])]
        for lat, smooth, level in zip(self.lat, self.smooth, (c[3], c[2], c[1])):
            p.append(smooth(F.interpolate(p[-1], size=level.shape[2:], mode="bilinear") + lat(level)))
        return p

    def volume(self, levels):
        d = [up(x) for up, x in zip(self.up, levels)] + [levels[3]]
        return torch.cat([F.interpolate(x, size=d[3].shape[2:], mode="bilinear") for x in d], 1)

    def transformer(self, x):
        out = []
        for embed, en, blocks, norm in zip(self.embed, self.embed_norm, self.blocks, self.norm):
            x = embed(x)
            h, w = x.shape[2:]
            x = en(x.flatten(2).transpose(1, 2))
            for b in blocks:
                x = b(x, h, w)
            x = norm(x).transpose(1, 2).reshape(x.shape[0], -1, h, w)
            out.append(x)
        return out

    def forward(self, low, high):
        p = self.pyramid(low)
        vol_l = self.volume([a(x) for a, x in zip(self.agg, p)])
        pred_l = self.predict2(self.predict1(vol_l))
        p, s = self.pyramid(high), self.transformer(high)
        vol_h = self.volume([self.agg[3 - i](p[i]) + self.aggs[3 - i](s[3 - i]) for i in range(4)])
        u, v = self.predict1(vol_h), self.predict1(vol_l)
        v = F.interpolate(v, size=u.shape[2:], mode="bilinear", align_corners=True)
        guide = (self.conv_gg(u * v) - v * self.conv_gg(u) - u * self.conv_gg(v)
                 + F.conv2d(u * v, self.conv_gg.weight.sum((2, 3), keepdim=True)))
        return pred_l, self.predict2(self.agg[4](self.fuse(torch.cat([u, guide], 1))))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    net = Net().eval()
    with torch.no_grad():
        low, high = torch.rand(1, 3, 360, 480), torch.rand(1, 3, 480, 640)
        net(low, high)
        for _ in range(arguments.repeat):
            wall, cpu = time.perf_counter(), time.process_time()
            net(low, high)
            print(f"forward {time.perf_counter() - wall:.3f} s wall {time.process_time() - cpu:.3f} s cpu")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB, torch {torch.__version__}")


if __name__ == "__main__":
    main()
