#include "host/text/words.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace airlock::text {
namespace {

// In the order of the alphabet.
constexpr std::array<std::string_view, 256> kWords = {
    "acorn",   "adult",   "agent",   "alarm",   "amber",   "anchor",  "angel",   "apple",
    "apron",   "atlas",   "autumn",  "avenue",  "badge",   "baker",   "bamboo",  "barrel",
    "beacon",  "bedroom", "bell",    "berry",   "blossom", "boat",    "border",  "bottle",
    "breeze",  "bubble",  "bucket",  "butter",  "cabin",   "cactus",  "camel",   "candle",
    "carpet",  "cedar",   "cement",  "circle",  "citrus",  "clover",  "cobalt",  "coconut",
    "coffee",  "copper",  "cotton",  "cousin",  "coyote",  "crystal", "cuckoo",  "daisy",
    "dancer",  "dawn",    "debit",   "delta",   "desert",  "diesel",  "doctor",  "dolphin",
    "domino",  "donkey",  "dragon",  "dream",   "duchess", "dwarf",   "eagle",   "echo",
    "effort",  "elbow",   "embassy", "engine",  "equator", "errand",  "essay",   "estate",
    "fabric",  "family",  "farmer",  "fender",  "fiddle",  "figure",  "filter",  "flute",
    "foggy",   "forest",  "fossil",  "fridge",  "frozen",  "funnel",  "furnace", "galaxy",
    "garden",  "gazelle", "giant",   "ginger",  "goblet",  "gospel",  "guitar",  "gymnast",
    "harbor",  "helmet",  "hiccup",  "hobby",   "hornet",  "hotel",   "husky",   "iceberg",
    "idol",    "igloo",   "image",   "indigo",  "insect",  "iris",    "island",  "ivory",
    "jaguar",  "jersey",  "jigsaw",  "journal", "kayak",   "kernel",  "kidney",  "kimono",
    "king",    "knight",  "koala",   "ladder",  "lagoon",  "laptop",  "legend",  "lemon",
    "lentil",  "lettuce", "lilac",   "lizard",  "lobster", "lotus",   "lunch",   "machine",
    "magnet",  "mango",   "marble",  "meadow",  "meteor",  "mirror",  "mitten",  "morning",
    "mosaic",  "muffin",  "napkin",  "nation",  "nectar",  "needle",  "nephew",  "nickel",
    "north",   "nougat",  "nugget",  "nutmeg",  "oasis",   "object",  "ocean",   "office",
    "olive",   "omelet",  "onion",   "opal",    "orange",  "orchid",  "osprey",  "outlaw",
    "oxygen",  "palace",  "panda",   "parrot",  "pelican", "pickle",  "pigeon",  "pillow",
    "pirate",  "poem",    "polar",   "potato",  "prairie", "puppet",  "purple",  "pyramid",
    "quail",   "queen",   "quiver",  "rabbit",  "radio",   "raft",    "raven",   "razor",
    "recipe",  "reef",    "regatta", "rhubarb", "ribbon",  "rifle",   "rubber",  "runway",
    "salmon",  "school",  "signal",  "siren",   "sleigh",  "soccer",  "sofa",    "spider",
    "spruce",  "squid",   "stable",  "sugar",   "sunset",  "symbol",  "syrup",   "tailor",
    "teapot",  "temple",  "tennis",  "thunder", "tornado", "tractor", "trumpet", "tulip",
    "tuxedo",  "uncle",   "unicorn", "uphill",  "utensil", "vacuum",  "valley",  "vanilla",
    "village", "vinegar", "violin",  "viper",   "volcano", "voyage",  "vulture", "waffle",
    "walnut",  "weasel",  "wedding", "whale",   "wheat",   "whistle", "window",  "wolf",
    "wombat",  "woolen",  "yacht",   "yoghurt", "zebra",   "zenith",  "zigzag",  "zombie",
};
static_assert(std::ranges::is_sorted(kWords));

}  // namespace

std::string to_words(Bytes bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (!text.empty()) text += ' ';
    text += kWords[byte];
  }
  return text;
}

}  // namespace airlock::text
