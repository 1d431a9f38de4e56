#include "io/file_name.hpp"
#include <doctest/doctest.h>

using namespace cog;

TEST_CASE("file name: is the last segment of the URL's path") {
  CHECK(file_name_of_url("https://example.com/a/photo.jpg") == "photo.jpg");
  CHECK(file_name_of_url("https://example.com/a/photo.jpg?size=1/2#x/y") == "photo.jpg");
}

TEST_CASE("file name: percent and plus are decoded") {
  CHECK(file_name_of_url("http://h/my%20cat+1.png") == "my cat 1.png");
  CHECK(file_name_of_url("http://h/caf%C3%A9.txt") == "caf\xc3\xa9.txt");
}

TEST_CASE("file name: what cannot stand in a name becomes an underscore") {
  CHECK(file_name_of_url("http://h/a%2Fb%00c") == "a_b_c");
  CHECK(file_name_of_url("http://h/..%2F..%2Fetc") == ".._.._etc");
  CHECK(file_name_of_url("http://h/a%FFb") == "a_b");
}

TEST_CASE("file name: a URL without a usable name gives file") {
  CHECK(file_name_of_url("http://host") == "file");
  CHECK(file_name_of_url("http://host/") == "file");
  CHECK(file_name_of_url("http://host/a/?q=/b.txt") == "file");
  CHECK(file_name_of_url("http://host/%2e%2e") == "file");
  CHECK(file_name_of_url("http://host/.") == "file");
}

TEST_CASE("file name: a long one is cut to 200 bytes before its extension") {
  auto name = file_name_of_url("http://h/" + std::string(300, 'a') + ".jpeg");
  CHECK(name == std::string(194, 'a') + "~.jpeg");
  CHECK(file_name_of_url("http://h/" + std::string(200, 'b')) == std::string(200, 'b'));
  CHECK(file_name_of_url("http://h/" + std::string(201, 'b')) == std::string(199, 'b') + "~");
}

TEST_CASE("file name: a cut leaves whole letters") {
  std::string letters;
  for (int i = 0; i < 150; ++i)
    letters += "%C3%A9";
  auto name = file_name_of_url("http://h/" + letters + ".png");
  CHECK(name.size() == 199);
  CHECK(name.ends_with("\xc3\xa9~.png"));
}

TEST_CASE("file name: an extension of more than 200 bytes is none") {
  CHECK(file_name_of_url("http://h/a." + std::string(300, 'x')) == "a." + std::string(197, 'x') + "~");
}

TEST_CASE("file name: a media type gives its extension") {
  CHECK(file_name_of_data("", "image/jpeg") == "file.jpg");
  CHECK(file_name_of_data("", "audio/wav") == "file.wav");
  CHECK(file_name_of_data("", "text/plain") == "file.txt");
  CHECK(file_name_of_data("", "x/y") == "file");
}

TEST_CASE("file name: the one that a data URL carries is made usable") {
  CHECK(file_name_of_data("dog.wav", "audio/wav") == "dog.wav");
  CHECK(file_name_of_data("my%20d%C3%B6g+1", "audio/wav") == "my d\xc3\xb6g+1");
  CHECK(file_name_of_data("..%2F..%2Fetc%2Fpasswd", "text/plain") == ".._.._etc_passwd");
  CHECK(file_name_of_data("a%00b", "text/plain") == "a_b");
  CHECK(file_name_of_data("..", "image/png") == "file.png");
  CHECK(file_name_of_data(std::string(300, 'a') + ".wav", "audio/wav") == std::string(195, 'a') + "~.wav");
}
