// The parts of a room that every room has. Internal to the room builder.
#pragma once

#include <string_view>

#include "stages/sample/floor_plan.h"

namespace depthmill::sample {

// Floor, ceiling, walls with a door or passage (rooms or a corridor beyond, up to 14 m) and windows (some
// open to nothing, some with panes, curtains or blinds). Doors keep the floor before them free.
void build_shell(Builder& builder, const Palette& palette, FloorPlan& plan, std::string_view room);

// Pictures, posters, clocks and shelves where the walls are bare.
void hang_pictures(Builder& builder, const Palette& palette, FloorPlan& plan, std::string_view room);

// A standpoint in the free floor and a view that shows much of the room, and sets world.exposure by it.
void choose_path(World& world, const FloorPlan& plan, std::uint64_t key);

}  // namespace depthmill::sample
