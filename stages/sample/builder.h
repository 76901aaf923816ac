// A workbench for putting solids together: boxes, cylinders and ellipsoids in a piece of furniture's own
// frame, placed into the room. Not part of the library's door (sample.h).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "stages/sample/random.h"
#include "stages/sample/world.h"

namespace depthmill::sample {

// Classes of objects, named as in the labelled set; kNothing is label 0 there.
enum class Label : std::uint8_t {
  kWall,
  kFloor,
  kCeiling,
  kCabinet,
  kBed,
  kChair,
  kSofa,
  kTable,
  kDoor,
  kWindow,
  kBookshelf,
  kPicture,
  kCounter,
  kBlinds,
  kDesk,
  kShelves,
  kCurtain,
  kDresser,
  kPillow,
  kMirror,
  kFloorMat,
  kBooks,
  kRefrigerator,
  kTelevision,
  kPaper,
  kTowel,
  kBox,
  kWhiteboard,
  kNightStand,
  kToilet,
  kSink,
  kLamp,
  kBathtub,
  kBag,
  kBottle,
  kPlant,
  kMonitor,
  kKeyboard,
  kStove,
  kPipe,
  kCup,
  kLight,
  kCount
};

// Furniture frame: x along its back, y away from the wall behind it (back at y = 0), z up from the floor.
class Builder {
 public:
  Builder(World& world, std::uint64_t key) : random(key), world_(world) {}

  std::uint16_t add(const Material& material) {
    world_.materials.push_back(material);
    world_.materials.back().seed = static_cast<std::uint32_t>(random.bits());
    return static_cast<std::uint16_t>(world_.materials.size() - 1);
  }

  // Following solids stand at `at`, turned by `angle` about z.
  void place(Vec3 at, double angle) {
    at_ = at;
    turn_ = rotation_z(angle);
  }
  // Following solids belong to a new object of this class.
  void object(Label label) {
    label_ = static_cast<std::uint8_t>(label);
    if (next_instance_[label_] < 255) ++next_instance_[label_];
  }

  void box(Vec3 low, Vec3 high, std::uint16_t material) { solid(Shape::kBox, low, high, material, {}, 1); }
  void box(Vec3 low, Vec3 high, std::uint16_t material, const Mat3& tilt) {
    solid(Shape::kBox, low, high, material, tilt, 1);
  }
  void ellipsoid(Vec3 low, Vec3 high, std::uint16_t material) {
    solid(Shape::kEllipsoid, low, high, material, {}, 1);
  }
  // Upright; `bottom` is the centre of the lower end.
  void cylinder(Vec3 bottom, double radius, double height, std::uint16_t material, double taper = 1) {
    solid(Shape::kCylinder, bottom - Vec3{radius, radius, 0}, bottom + Vec3{radius, radius, height}, material,
          {}, taper);
  }
  // Lying along local x (tilt turns it).
  void rod(Vec3 middle, double radius, double length, std::uint16_t material, const Mat3& tilt) {
    solid(Shape::kCylinder, middle - Vec3{radius, radius, length / 2},
          middle + Vec3{radius, radius, length / 2}, material, tilt, 1);
  }

  Random random;

 private:
  // `tilt` turns the shape about its own centre (in the furniture's frame).
  void solid(Shape shape, Vec3 low, Vec3 high, std::uint16_t material, const Mat3& tilt, double taper) {
    Solid s;
    s.shape = shape;
    s.center = at_ + turn_ * ((low + high) * 0.5);
    s.axes = transposed(turn_ * tilt);
    s.half = (high - low) * 0.5;
    s.taper = taper;
    s.material = material;
    s.label = label_;
    s.instance = next_instance_[label_];
    world_.solids.push_back(s);
  }

  World& world_;
  Vec3 at_;
  Mat3 turn_;
  std::uint8_t label_ = 0;
  std::uint8_t next_instance_[static_cast<int>(Label::kCount)] = {};
};

// A piece of furniture: the room it takes and how it is built in its own frame. `build` is called with the
// builder placed at the middle of the piece's back edge.
struct Piece {
  double width, depth, height;
  void (*build)(Builder&, const struct Palette&, const Piece&);
  double top = 0;  // how high it covers the wall behind it, where that is more than `height`
};

// Materials of one room, chosen once so that things match.
struct Palette {
  std::uint16_t wall, wall_accent, ceiling, floor, baseboard, wood, wood_dark, fabric, fabric2, bedding,
      metal, chrome, white, black, plastic, paper, leaf, clay, screen, glass, mirror, lampshade, bulb, door,
      counter, tile, outdoors, skin, steel;
};
Palette choose_palette(Builder& builder, std::string_view room);

// A random saturated or muted colour, for small things.
Vec3 some_colour(Random& random, double brightness);
std::uint16_t some_paint(Builder& builder, double brightness = 0.5);

// Furniture (furniture.cpp, small_things.cpp). All stand with their back to the wall unless said.
Piece table(Random&), desk(Random&), chair(Random&), office_chair(Random&), bed(Random&),
    night_stand(Random&), dresser(Random&), bookshelf(Random&), sofa(Random&), armchair(Random&),
    coffee_table(Random&), tv_stand(Random&), kitchen_counter(Random&), refrigerator(Random&), stove(Random&),
    wardrobe(Random&), bathtub(Random&), toilet(Random&), wash_stand(Random&), floor_lamp(Random&),
    plant(Random&), boxes(Random&), school_desk(Random&), whiteboard(Random&), washing_machine(Random&),
    metal_shelf(Random&), pillar(Random&), dining_set(Random&), cabinet_low(Random&);

// Something small on a flat top: bottles, books, cups, a lamp, papers. (x, y, z) is a point of the top.
void small_thing(Builder& builder, const Palette& palette, Vec3 at);
void table_lamp(Builder& builder, const Palette& palette, Vec3 at);
void books(Builder& builder, const Palette& palette, Vec3 at, double width, double depth, double height);

}  // namespace depthmill::sample
