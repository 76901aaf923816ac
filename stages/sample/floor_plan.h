// Where things stand in a room: walls with their openings, and the floor that is taken. Internal to the room
// builder.
#pragma once

#include <vector>

#include "stages/sample/builder.h"

namespace depthmill::sample {

struct Opening {
  double middle, width, bottom, top;  // along the wall from its middle, in the wall's frame (see Builder)
};

// One wall: its middle on the floor and the turn that makes the room lie on its +y side.
struct Wall {
  Vec3 middle;
  double angle = 0, length = 0;
  std::vector<Opening> openings;
};

struct Footprint {
  double x0, x1, y0, y1;
  double top = 0;  // metres
};

class FloorPlan {
 public:
  explicit FloorPlan(Vec3 size);

  Wall walls[4];  // north (y = size.y), west (x = 0), east (x = size.x), south (y = 0)

  // World rectangle of a piece `along` the wall from its middle, `off` away from it.
  Footprint against(const Wall& wall, double along, double off, double width, double depth) const;
  bool free(const Footprint& f, double margin) const;
  // Does nothing that stands in the footprint reach above `bottom`?
  bool bare(const Footprint& f, double bottom) const;
  void take(const Footprint& f) { taken_.push_back(f); }

  // Finds a place for the piece with its back to the wall, not before an opening it would cover, and builds
  // it there. False when there is none.
  bool put_against(Builder& builder, const Palette& palette, const Piece& piece, const Wall& wall);
  // Somewhere in the open floor, turned by `angle`, at least `margin` from everything.
  bool put_free(Builder& builder, const Palette& palette, const Piece& piece, double angle, double margin,
                const Footprint& within);

  Vec3 size() const { return size_; }

 private:
  Vec3 size_;
  std::vector<Footprint> taken_;
};

}  // namespace depthmill::sample
