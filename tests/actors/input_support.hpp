#pragma once
#include "actors/messages.hpp"
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// A request whose input has these file values: JSON tokens by member name.
inline cog::request_ptr request_with(const std::vector<std::pair<std::string, std::string>>& members) {
  auto request = std::make_shared<cog::prediction_request>();
  auto& body = request->body;
  body = R"({"input":)";
  request->input.offset = body.size();
  body += R"({"n":1)";
  for (auto& [name, token] : members) {
    body += ",\"" + name + "\":";
    request->files.push_back({"/" + name, {body.size(), token.size()}});
    body += token;
  }
  body += '}';
  request->input.length = body.size() - request->input.offset;
  body += '}';
  return request;
}

inline cog::input_job job_with(const std::string& token, cog::folder_ptr target, uint64_t index = 0) {
  auto request = request_with({{"file", token}});
  return {request, request->files.front(), std::move(target), index};
}

/// A folder that nobody removes.
inline cog::folder_ptr plain_folder(const std::string& path) {
  return std::make_shared<cog::folder>(cog::folder{path});
}
