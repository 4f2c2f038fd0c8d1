#include "server/http/http.h"

#include <gtest/gtest.h>

#include <future>

#include "host/json/json.h"
#include "host/text/text.h"
#include "tests/fakes/signers.h"

namespace airlock::http {
namespace {

constexpr const char* kArtifact =
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

class ServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "http-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    for (const char* name : {"repo/metadata", "repo/artifacts", "repo/targets/firmware"}) {
      std::filesystem::create_directories(folder_ / name);
    }
    put("repo/metadata/timestamp.json", "{}");
    put("repo/artifacts/" + std::string(kArtifact), "0123456789");
    put("repo/secret", "secret");
    store_ = std::move(*store::Store::open(folder_ / "data"));
    writer_ = std::move(*store::ReportWriter::open(*store_));
    service_ = std::make_unique<Service>(folder_ / "repo", *store_, *writer_,
                                         [] { return std::int64_t{1'750'000'000}; });
    ASSERT_TRUE(service_->reload());
  }
  void put(const std::string& name, std::string_view text) {
    ASSERT_TRUE(file::replace(folder_ / name, bytes_of(text)));
  }
  Response ask(const Request& request) {
    std::promise<Response> told;
    service_->handle(request, [&](Response made) { told.set_value(std::move(made)); });
    return told.get_future().get();
  }
  Response get(std::string_view target, std::string_view range = "") {
    Request request;
    request.target = target;
    request.range = range;
    return ask(request);
  }
  Response post(std::string_view target, std::string_view body) {
    Request request;
    request.method = Method::post;
    request.target = target;
    request.body = body;
    return ask(request);
  }
  Response admin(Method method, std::string_view target, std::string_view body = "",
                 std::string_view who = "olivia") {
    Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.who = who;
    return service_->handle_admin(request);
  }
  static std::string code_of(const Response& response) {
    const auto value = json::parse(response.body, 10'000);
    return value && value->contains("error") ? (*value)["error"].get<std::string>() : "";
  }
  std::string report_body(const fakes::Signer& signer, const std::string& duid) {
    const std::string text =
        json::write({{"duid", duid}, {"sequence", 1}, {"outcome", "committed"}, {"reason", "ok"}});
    const std::string message = "airlock-report-v1\n" + text;
    return json::write({{"report", text::to_base64(bytes_of(text))},
                        {"key", text::to_hex(signer.key().view())},
                        {"signature", text::to_hex(signer.sign_message(bytes_of(message)))}});
  }

  file::Path folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::ReportWriter> writer_;
  std::unique_ptr<Service> service_;
};

TEST_F(ServiceTest, ServesRangesOfArtifacts) {
  const std::string path = "/artifacts/" + std::string(kArtifact);
  EXPECT_EQ(get(path).file->size, 10U);
  const Response part = get(path, "bytes=2-4");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.file->offset, 2U);
  EXPECT_EQ(part.file->size, 3U);
  EXPECT_NE(part.headers.find("content-range: bytes 2-4/10"), std::string::npos);
  EXPECT_EQ(get(path, "bytes=-3").file->offset, 7U);
  EXPECT_EQ(get(path, "bytes=4-").file->size, 6U);
  EXPECT_EQ(get(path, "bytes=10-").status, 416);
  EXPECT_EQ(get(path, "bytes=0-1,3-4").status, 200);
  EXPECT_EQ(get(path, "bytes=x").status, 200);
}

TEST_F(ServiceTest, AnswersNotModifiedForTheSameArtifact) {
  const std::string tag = '"' + std::string(kArtifact) + '"';
  const std::string path = "/artifacts/" + std::string(kArtifact);
  Request request;
  request.target = path;
  request.if_none_match = tag;
  EXPECT_EQ(ask(request).status, 304);
}

TEST_F(ServiceTest, NamesNoFileOutsideItsFolders) {
  for (const char* target :
       {"/artifacts/../secret", "/artifacts/secret", "/targets/../secret",
        "/targets/a/../../secret", "/targets//etc/passwd", "/targets/%2e%2e/secret",
        "/tuf/../secret", "/tuf/secret", "/tuf/", "/targets/", "/tuf/.root.json",
        "/tuf/1.root.json/..", "/", "", "/targets/firmware/.."}) {
    EXPECT_EQ(get(target).status, 404) << target;
  }
  EXPECT_EQ(get("/tuf/timestamp.json").status, 200);
}

TEST_F(ServiceTest, AnswersACheckInWithAReason) {
  const Response response =
      post("/v1/check-in", R"({"duid":"abc","model":"demo","version":"1.0.0","images":{"mcu":")" +
                               std::string(kArtifact) + R"("}})");
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("no_rollout_for_model"), std::string::npos);
}

TEST_F(ServiceTest, RefusesMalformedCheckIns) {
  EXPECT_EQ(code_of(post("/v1/check-in", "")), "bad_json");
  EXPECT_EQ(code_of(post("/v1/check-in", "[]")), "wrong_type");
  EXPECT_EQ(code_of(post("/v1/check-in", R"({"model":"a","version":"1.0.0"})")), "bad_request");
  EXPECT_EQ(code_of(post("/v1/check-in", R"({"duid":"a","version":"1.0.0"})")), "missing_field");
  EXPECT_EQ(code_of(post("/v1/check-in", R"({"duid":"a","model":"m","version":"1"})")),
            "bad_semver");
  EXPECT_EQ(
      code_of(post("/v1/check-in", R"({"bucket":{"1":10000},"model":"m","version":"1.0.0"})")),
      "out_of_range");
}

TEST_F(ServiceTest, AcknowledgesAReportOnceItIsStored) {
  const fakes::Signer device("device", crypto::Algorithm::eddsa);
  const std::string duid = store::duid_of(device.key().view());
  EXPECT_NE(post("/v1/reports", report_body(device, duid)).body.find("\"counted\":false"),
            std::string::npos);
  EXPECT_EQ(store_->reports(std::nullopt, 10)->size(), 1U);
}

TEST_F(ServiceTest, RefusesReportsUnderAnothersNameOrSignature) {
  const fakes::Signer device("device", crypto::Algorithm::eddsa);
  const fakes::Signer other("other", crypto::Algorithm::eddsa);
  const std::string stolen = report_body(other, store::duid_of(device.key().view()));
  EXPECT_EQ(code_of(post("/v1/reports", stolen)), "unauthorised");
  std::string broken = report_body(device, store::duid_of(device.key().view()));
  const std::size_t at = broken.find("\"signature\":\"") + 13;
  broken[at] = broken[at] == '0' ? '1' : '0';
  EXPECT_EQ(code_of(post("/v1/reports", broken)), "bad_signature");
  EXPECT_TRUE(store_->reports(std::nullopt, 10)->empty());
}

TEST_F(ServiceTest, RefusesOperatorsWithoutAName) {
  EXPECT_EQ(code_of(admin(Method::get, "/admin/v1/rollouts", "", "")), "unauthorised");
  EXPECT_EQ(get("/admin/v1/rollouts").status, 404);
}

TEST_F(ServiceTest, RefusesARolloutOfWhatTheRepositoryLacks) {
  const std::string body =
      R"({"manifest":")" + std::string(kArtifact) + R"(","share":100,"why":"x"})";
  EXPECT_EQ(code_of(admin(Method::post, "/admin/v1/rollouts", body)), "target_missing");
  EXPECT_EQ(code_of(admin(Method::post, "/admin/v1/rollouts/7/halt", R"({"why":"x"})")),
            "not_found");
  EXPECT_EQ(code_of(admin(Method::post, "/admin/v1/rollouts/7/halt", "{}")), "missing_field");
  EXPECT_EQ(code_of(admin(Method::post, "/admin/v1/rollouts/x/halt", R"({"why":"x"})")),
            "bad_request");
}

TEST_F(ServiceTest, CountsInItsMetrics) {
  post("/v1/check-in", R"({"duid":"abc","model":"demo","version":"1.0.0"})");
  EXPECT_NE(get("/metrics").body.find("airlock_check_ins_total{answer=\"nothing\"} 1\n"),
            std::string::npos);
}

}  // namespace
}  // namespace airlock::http
