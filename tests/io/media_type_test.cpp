// The rows of tests/wire/media_types.json, which python/cog/_media_types.py is tested against, too.
#include "io/media_type.hpp"
#include <doctest/doctest.h>
#include <simdjson.h>
#include <string>

using namespace cog;

TEST_CASE("media type: both directions, as Python has them") {
  simdjson::dom::parser parser;
  simdjson::dom::array rows = parser.load(WIRE_MEDIA_TYPES);
  REQUIRE(rows.size() > 20);
  for (auto row : rows) {
    std::string_view name = row["name"], type = row["type"], extension = row["extension"];
    CAPTURE(std::string{name});
    CHECK(known_media_type(name) == type);
    CHECK(known_extension(type) == extension);
    CHECK(known_media_type(std::string{"x"}.append(extension)) == type);
    for (std::string_view alias : row["aliases"].get_array())
      CHECK(known_extension(alias) == extension);
  }
}

TEST_CASE("media type: names that tell nothing") {
  for (auto name : {"a", ".wav", "folder.wav/a", "a.", "", "a.safetensors"})
    CHECK(known_media_type(name).empty());
  CHECK(known_extension("x/y").empty());
  CHECK(extension_of_name("a.tar.gz") == ".gz");
}
