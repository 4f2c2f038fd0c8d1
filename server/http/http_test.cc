#include "server/http/http.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <mutex>

#include "host/json/json.h"
#include "host/text/text.h"
#include "server/rollout/internal/fake_metadata.h"
#include "tests/fakes/ed25519_edges.h"
#include "tests/fakes/signers.h"

namespace airlock::http {
namespace {

constexpr const char* kArtifact =
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

constexpr std::int64_t kNow = 1'750'000'000;
std::int64_t g_now = kNow;  // of the test that runs
constexpr Log::Clock kClock = [] { return g_now; };

class ServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "http-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    g_now = kNow;
    std::filesystem::remove_all(folder_);
    for (const char* name : {"repo/metadata", "repo/artifacts", "repo/targets/firmware"}) {
      std::filesystem::create_directories(folder_ / name);
    }
    const fakes::Signer signer("repository", crypto::Algorithm::eddsa);
    metadata_.emplace(folder_ / "repo", tuf::internal::fake_signer(signer));
    metadata_->publish(1, json::Value::object());
    metadata_->offer(1);
    put("repo/artifacts/" + std::string(kArtifact), "0123456789");
    put("repo/secret", "secret");
    store_ = std::move(*store::Store::open(folder_ / "data"));
    writer_ = std::move(*store::ReportWriter::open(*store_));
    sightings_ = std::move(*store::Sightings::open(*store_));
    experiments_ = std::move(*store::Experiments::open(*store_));
    outcomes_ = std::move(*store::OutcomeWriter::open(*store_, "test"));
    service_ = std::make_unique<UpdateService>(
        folder_ / "repo", Stores{*store_, *writer_, *sightings_, *experiments_, *outcomes_}, kClock,
        log_);
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
  std::string report_body(const fakes::Signer& signer, const std::string& duid,
                          std::int64_t rollout = 0) {
    const std::string text = json::write({{"duid", duid},
                                          {"sequence", rollout},
                                          {"rollout", rollout},
                                          {"outcome", "committed"},
                                          {"reason", "ok"}});
    const std::string message = "airlock-report-v1\n" + text;
    return json::write({{"report", text::to_base64(bytes_of(text))},
                        {"key", text::to_hex(signer.key().view())},
                        {"signature", text::to_hex(signer.sign_message(bytes_of(message)))}});
  }

  file::Path folder_;
  std::optional<rollout::FakeMetadata> metadata_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::ReportWriter> writer_;
  std::unique_ptr<store::Sightings> sightings_;
  std::unique_ptr<store::Experiments> experiments_;
  std::unique_ptr<store::OutcomeWriter> outcomes_;
  std::mutex lines_mutex_;
  std::string lines_;
  Log log_{kClock, [this](std::string_view line) {
             const std::lock_guard lock(lines_mutex_);
             lines_ += line;
           }};
  std::unique_ptr<UpdateService> service_;
};

TEST_F(ServiceTest, JudgesTheEd25519OfReportsAsEveryProcessDoes) {
  const auto text_of_key = [](Bytes key) {
    return json::write({{"duid", store::duid_of(key)},
                        {"sequence", 0},
                        {"outcome", "committed"},
                        {"reason", "ok"}});
  };
  const auto edges = fakes::ed25519_edges([&](Bytes key) {
    const std::string message = "airlock-report-v1\n" + text_of_key(key);
    return file::Buffer(message.begin(), message.end());
  });
  for (const fakes::Ed25519Edge& edge : edges) {
    const std::string body =
        json::write({{"report", text::to_base64(bytes_of(text_of_key(edge.key)))},
                     {"key", text::to_hex(edge.key)},
                     {"signature", text::to_hex(edge.signature)}});
    EXPECT_EQ(post("/v1/reports", body).status == 200, edge.is_valid) << edge.name;
  }
}

TEST_F(ServiceTest, ServesTheLogsFilesAndNothingElseOfItsFolder) {
  const std::string proof = "proof/" + std::string(64, 'a') + ".tlog-proof";
  for (const std::string& name :
       {std::string("checkpoint"), std::string("tile/0/000.p/3"), std::string("tile/entries/000"),
        proof, std::string("log.lock")}) {
    ASSERT_TRUE(file::make_folders((folder_ / "repo/log" / name).parent_path()));
    put("repo/log/" + name, "0123456789");
  }
  for (const std::string& name : {std::string("checkpoint"), proof}) {
    const Response served = get("/log/" + name);
    ASSERT_TRUE(served.file) << name;
    EXPECT_EQ(served.content_type, "text/plain; charset=utf-8");
    EXPECT_NE(served.headers.find("no-cache"), std::string::npos) << name;
  }
  for (const char* name : {"tile/0/000.p/3", "tile/entries/000"}) {
    const Response served = get(std::string("/log/") + name);
    ASSERT_TRUE(served.file) << name;
    EXPECT_EQ(served.content_type, "application/octet-stream");
    EXPECT_NE(served.headers.find("immutable"), std::string::npos) << name;
  }
  for (const char* name : {"log.lock", "", "../secret", "tile/../../secret", "tile/0/000.p/3/..",
                           "proof/../../secret"}) {
    EXPECT_EQ(get(std::string("/log/") + name).status, 404) << name;
  }
}

TEST_F(ServiceTest, ServesTheCertificatesOfAReleaseAndNeverForLong) {
  const std::string digest(64, 'a');
  ASSERT_TRUE(file::make_folders(folder_ / "repo/certificates"));
  put("repo/certificates/" + digest, "0123456789");
  put("repo/certificates/other", "0123456789");
  const Response served = get("/certificates/" + digest);
  ASSERT_TRUE(served.file);
  EXPECT_NE(served.headers.find("no-cache"), std::string::npos);
  for (const std::string& name :
       {std::string("other"), std::string(), std::string("../artifacts/") + std::string(kArtifact),
        digest + "/..", std::string(64, 'A'), std::string(64, 'b')}) {
    EXPECT_EQ(get("/certificates/" + name).status, 404) << name;
  }
}

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
  for (const char* target : {"/artifacts/../secret",
                             "/artifacts/secret",
                             "/targets/../secret",
                             "/targets/a/../../secret",
                             "/targets//etc/passwd",
                             "/targets/%2e%2e/secret",
                             "/tuf/../secret",
                             "/tuf/secret",
                             "/tuf/",
                             "/targets/",
                             "/tuf/.root.json",
                             "/tuf/1.root.json/..",
                             "/tuf/1.../secret.json",
                             "/tuf/drafts/2.root.json",
                             "/tuf/1.a/../2.root.json",
                             "/tuf/1.%2e%2e%2fsecret.json",
                             "/",
                             "",
                             "/targets/firmware/..",
                             "/targets/firmware"}) {
    EXPECT_EQ(get(target).status, 404) << target;
  }
  EXPECT_EQ(get("/tuf/timestamp.json").status, 200);
}

TEST_F(ServiceTest, ServesTheMetadataOfDelegatedRolesUnderTheNamesThatTheyAreSpelledBy) {
  for (const char* name : {"1.team.json", "7.bin-3ff.json", "1.a%2Fb.json", "2...json"}) {
    put("repo/metadata/" + std::string(name), "{}");
    const Response response = get("/tuf/" + std::string(name));
    EXPECT_EQ(response.status, 200) << name;
    EXPECT_NE(response.headers.find("immutable"), std::string::npos) << name;
  }
  EXPECT_EQ(get("/tuf/2.team.json").status, 404);
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
  EXPECT_EQ(code_of(post("/v1/check-in",
                         R"({"duid":"a","model":"m","version":"1.0.0","certificate":"AB"})")),
            "bad_text");
  EXPECT_EQ(
      code_of(post("/v1/check-in",
                   R"({"pseudonym":"p","bucket":{"1":10000},"model":"m","version":"1.0.0"})")),
      "out_of_range");
}

TEST_F(ServiceTest, TakesNoWordThatForgesALineOnAnOperatorsScreen) {
  for (const char* const forged : {"x\\ncounted=true", "x\\u001b[2K", "\\u202ex"}) {
    for (const char* const member : {"region", "group", "model", "duid"}) {
      json::Value body = {{"duid", "abc"}, {"model", "demo"}, {"version", "1.0.0"}};
      body[member] = "PLACE";
      std::string text = json::write(body);
      text.replace(text.find("PLACE"), 5, forged);
      EXPECT_EQ(code_of(post("/v1/check-in", text)), "bad_text") << member << " " << text;
    }
  }
  const auto code_with = [](const char* member, const char* value) {
    json::Value report = {{"duid", "abc"}, {"sequence", 1}, {"outcome", "failed"}};
    report[member] = value;
    const auto read = read_report(json::write(report));
    return read ? Code::ok : read.error().code;
  };
  EXPECT_EQ(code_with("manifest", "-\ncounted=true"), Code::bad_text);
  EXPECT_EQ(code_with("manifest", "zz"), Code::bad_text);
  EXPECT_EQ(code_with("phase", "trial counted=true"), Code::bad_text);
  EXPECT_EQ(code_with("reason", "Unhealthy"), Code::bad_text);
  EXPECT_EQ(code_with("reason", "of_a_newer_device_2"), Code::ok);
  EXPECT_NE(code_with("version", "not a version"), Code::ok);
  EXPECT_EQ(code_with("version", "1.2.3"), Code::ok);
}

TEST_F(ServiceTest, TakesACheckInUnderAPseudonymWithAndWithoutBuckets) {
  const auto status = [this](const std::string& names) {
    return post("/v1/check-in", "{" + names + R"(,"model":"m","version":"1.0.0"})").status;
  };
  EXPECT_EQ(status(R"("pseudonym":"p")"), 200);
  EXPECT_EQ(status(R"("pseudonym":"p","bucket":{})"), 200);
  EXPECT_EQ(status(R"("pseudonym":"p","bucket":{"3":9999})"), 200);
  EXPECT_EQ(status(R"("bucket":{"3":9999})"), 400);
  EXPECT_EQ(status(R"("duid":"d","pseudonym":"p")"), 400);
  EXPECT_EQ(status(R"("duid":"d","bucket":{"3":9999})"), 400);
}

TEST_F(ServiceTest, AcknowledgesAReportOnceItIsStored) {
  const fakes::Signer device("device", crypto::Algorithm::eddsa);
  const std::string duid = store::duid_of(device.key().view());
  EXPECT_NE(post("/v1/reports", report_body(device, duid)).body.find("\"counted\":false"),
            std::string::npos);
  EXPECT_EQ(store_->reports(std::nullopt, store::Standing::marked, 10)->size(), 1U);
}

TEST_F(ServiceTest, LetsADeviceReportAtItsPaceAndNoFaster) {
  const fakes::Signer device("device", crypto::Algorithm::eddsa);
  const std::string body = report_body(device, store::duid_of(device.key().view()));
  const auto passed = [&] {  // until the first is refused
    Response response = post("/v1/reports", body);
    int count = 0;
    for (; response.status == 200 && count < 500; ++count) response = post("/v1/reports", body);
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(code_of(response), "too_frequent");
    EXPECT_EQ(response.headers, "retry-after: 30\r\n");
    return count;
  };
  EXPECT_EQ(passed(), 240);
  EXPECT_EQ(passed(), 0);
  const fakes::Signer other("other", crypto::Algorithm::eddsa);
  const std::string others = report_body(other, store::duid_of(other.key().view()));
  EXPECT_EQ(post("/v1/reports", others).status, 200);
  g_now += 3;
  EXPECT_EQ(passed(), 6);
  g_now -= 100;  // a clock that was set back gives nothing
  EXPECT_EQ(passed(), 0);
  g_now += 1'000'000;
  EXPECT_EQ(passed(), 240);
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
  EXPECT_TRUE(store_->reports(std::nullopt, store::Standing::counted, 10)->empty());
  EXPECT_TRUE(store_->reports(std::nullopt, store::Standing::marked, 10)->empty());
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

TEST_F(ServiceTest, RefusesWhatAnOperatorMisspellsOrDoesNotSay) {
  const auto told = [this](const char* path, const std::string& body) {
    return code_of(admin(Method::post, std::string("/admin/v1/") + path, body));
  };
  const std::string manifest = R"({"manifest":")" + std::string(kArtifact) + R"(","share":1,)";
  EXPECT_EQ(told("rollouts", manifest + R"("why":"x","modles":["a"]})"), "unknown_field");
  EXPECT_EQ(told("rollouts", manifest + R"("why":"  "})"), "missing_field");
  EXPECT_EQ(told("rollouts", manifest + R"("why":"x","models":[""]})"), "bad_text");
  EXPECT_EQ(told("rollouts/1/advance", R"({"why":"x","shar":1})"), "unknown_field");
  EXPECT_EQ(told("devices", R"({"why":"x","keys":[]})"), "missing_field");
  EXPECT_EQ(code_of(admin(Method::get, "/admin/v1/reports?rollouts=1")), "bad_request");
}

TEST_F(ServiceTest, RefusesARolloutThatContradictsItself) {
  const auto told = [this](const std::string& member) {
    return code_of(admin(Method::post, "/admin/v1/rollouts",
                         R"({"manifest":")" + std::string(kArtifact) + R"(","share":100,)" +
                             member +
                             (member.find("\"why\"") == member.npos ? R"(,"why":"x"})" : "}")));
  };
  EXPECT_EQ(told(R"("not_before":"2026-02-01T00:00:00Z","not_after":"2026-01-01T00:00:00Z")"),
            "empty_range");
  EXPECT_EQ(told(R"("from_min":"1.1.0","from_max":"1.0.0")"), "empty_range");
  for (const char* list : {"models", "regions", "groups"}) {
    EXPECT_EQ(told('"' + std::string(list) + R"(":["de\u0007"])"), "bad_text") << list;
    EXPECT_EQ(told('"' + std::string(list) + R"(":["de\u202e"])"), "bad_text") << list;
  }
  EXPECT_EQ(told(R"("why":"because\u001b[2J")"), "bad_text");
  EXPECT_EQ(told(R"("why":"one\ntwo")"), "bad_text");
  EXPECT_EQ(code_of(admin(Method::post, "/admin/v1/rollouts/1/halt", R"({"why":"a\u0001b"})")),
            "bad_text");
  EXPECT_EQ(code_of(admin(Method::post, "/admin/v1/devices", R"({"keys":[],"why":"a\u0001b"})")),
            "bad_text");
  EXPECT_EQ(told(R"("not_before":"2026-01-01T00:00:00Z","not_after":"2026-01-01T00:00:00Z")"),
            "target_missing");  // one second is a window
}

TEST_F(ServiceTest, CountsTheReportsOfTheRolloutThatIsAskedFor) {
  const fakes::Signer device("device", crypto::Algorithm::eddsa);
  const std::string duid = store::duid_of(device.key().view());
  const std::string key = text::to_hex(device.key().view());
  admin(Method::post, "/admin/v1/devices", R"({"keys":[")" + key + R"("],"why":"x"})");
  for (const std::int64_t rollout : {3, 4}) {
    EXPECT_EQ(post("/v1/reports", report_body(device, duid, rollout)).status, 200);
  }
  const auto counts = [this](const std::string& query) {
    std::vector<std::int64_t> rollouts;
    const auto value = *json::parse(admin(Method::get, "/admin/v1/reports" + query).body, 100'000);
    for (const auto& row : value["counts"]) rollouts.push_back(row["rollout"]);
    return rollouts;
  };
  EXPECT_EQ(counts(""), (std::vector<std::int64_t>{4, 3}));
  EXPECT_EQ(counts("?rollout=3"), (std::vector<std::int64_t>{3}));
  EXPECT_EQ(counts("?rollout=5"), (std::vector<std::int64_t>{}));
}

TEST_F(ServiceTest, CountsInItsMetricsByOutcomeAndReason) {
  const fakes::Signer device("device", crypto::Algorithm::eddsa);
  const std::string key = text::to_hex(device.key().view());
  ASSERT_EQ(
      admin(Method::post, "/admin/v1/devices", R"({"keys":[")" + key + R"("],"why":"x"})").status,
      200);
  post("/v1/check-in", R"({"duid":"abc","model":"demo","version":"1.0.0"})");
  post("/v1/check-in", "[]");
  post("/v1/reports", report_body(device, store::duid_of(device.key().view())));
  const std::string metrics = get("/metrics").body;
  for (const char* line :
       {"airlock_check_ins_total{answer=\"nothing\",reason=\"no_rollout_for_model\"} 1\n",
        "airlock_check_ins_total{answer=\"nothing\",reason=\"paused\"} 0\n",
        "airlock_reports_total{standing=\"counted\"} 1\n",
        "airlock_counted_reports_total{outcome=\"committed\",phase=\"none\",reason=\"ok\"} 1\n",
        "airlock_refused_total{code=\"wrong_type\"} 1\n", "airlock_rollouts{state=\"running\"} 0\n",
        "airlock_request_seconds_count 4\n"}) {
    EXPECT_NE(metrics.find(line), std::string::npos) << line << metrics;
  }
}

TEST_F(ServiceTest, NotesWhatChangesSomethingOrFailsAndNothingElse) {
  post("/v1/check-in", R"({"duid":"abc","model":"demo","version":"1.0.0"})");
  get("/tuf/timestamp.json");
  get("/tuf/2.root.json");
  EXPECT_EQ(lines_, "");
  get("/artifacts/secret?token=hidden");
  const auto line = json::parse(lines_.substr(0, lines_.size() - 1), 10'000);
  ASSERT_TRUE(line.has_value()) << lines_;
  EXPECT_EQ((*line)["method"], "GET");
  EXPECT_EQ((*line)["path"], "/artifacts/secret");
  EXPECT_EQ((*line)["status"], 404);
  EXPECT_EQ((*line)["reason"], "not_found");
  EXPECT_TRUE((*line)["microseconds"].is_number_integer());
  lines_.clear();
  const fakes::Signer device("device", crypto::Algorithm::eddsa);
  const std::string duid = store::duid_of(device.key().view());
  post("/v1/reports", report_body(device, duid));
  EXPECT_NE(lines_.find("\"path\":\"/v1/reports\""), std::string::npos);
  EXPECT_EQ(lines_.find(duid), std::string::npos);
  lines_.clear();
  admin(Method::post, "/admin/v1/rollouts/7/halt", R"({"why":"x"})");
  EXPECT_NE(lines_.find("\"who\":\"olivia\""), std::string::npos);
}

TEST_F(ServiceTest, NotesThatTheRepositoryChangedOrCannotBeRead) {
  service_->reload_if_changed();
  EXPECT_EQ(lines_, "");
  metadata_->offer(1);
  service_->reload_if_changed();
  EXPECT_NE(lines_.find("repository_changed"), std::string::npos);
  put("repo/metadata/timestamp.json", "[");
  service_->reload_if_changed();
  EXPECT_NE(lines_.find("\"reason\":\"bad_metadata\""), std::string::npos) << lines_;
}

TEST_F(ServiceTest, ReadsARepositoryAgainWhoseFilesComeAfterTheirTimestamp) {
  metadata_->publish(2, json::Value::object());
  metadata_->offer(2);
  const file::Buffer snapshot = *file::read(metadata_->path(2, "snapshot"), 1 << 20);
  ASSERT_TRUE(file::remove_file(metadata_->path(2, "snapshot")));
  for (int second = 0; second < 3; ++second) service_->reload_if_changed();
  EXPECT_NE(lines_.find("\"reason\":\"mixed_metadata\""), std::string::npos) << lines_;
  EXPECT_EQ(std::ranges::count(lines_, '\n'), 1) << lines_;
  ASSERT_TRUE(file::replace(metadata_->path(2, "snapshot"), snapshot));
  service_->reload_if_changed();
  EXPECT_NE(lines_.find("repository_changed"), std::string::npos) << lines_;
}

TEST_F(ServiceTest, OffersNothingUntilThereIsATimestampAndSaysSo) {
  std::filesystem::remove(metadata_->timestamp());
  UpdateService fresh(folder_ / "repo",
                      Stores{*store_, *writer_, *sightings_, *experiments_, *outcomes_}, kClock,
                      log_);
  EXPECT_TRUE(fresh.reload());
  EXPECT_NE(lines_.find("repository_without_timestamp"), std::string::npos) << lines_;
  lines_.clear();
  fresh.reload_if_changed();
  EXPECT_EQ(lines_, "");
  metadata_->offer(1);
  fresh.reload_if_changed();
  EXPECT_NE(lines_.find("repository_changed"), std::string::npos) << lines_;
}

TEST_F(ServiceTest, SaysThatARolloutsReleaseIsPublishedAndNotOfferedYet) {
  const std::string digest(kArtifact);
  metadata_->publish(
      2, {{"firmware/demo.cose",
           {{"hashes", {{"sha256", digest}}}, {"custom", {{"airlock", {{"manifest", digest}}}}}}}});
  const std::string body = R"({"manifest":")" + digest + R"(","share":100,"why":"x"})";
  const Response refused = admin(Method::post, "/admin/v1/rollouts", body);
  EXPECT_EQ(code_of(refused), "not_offered");
  EXPECT_EQ(refused.status, 409);
}

TEST_F(ServiceTest, LetsOperatorsHaltWhileTheRepositoryIsBroken) {
  store::Rollout draft;
  draft.state = store::State::running;
  ASSERT_TRUE(store_->create_rollout(draft, {"olivia", "test", 1}));
  put("repo/metadata/timestamp.json", "[");
  EXPECT_EQ(admin(Method::post, "/admin/v1/rollouts/1/halt", R"({"why":"x"})").status, 200);
}

TEST_F(ServiceTest, NotesOnlySoManyLinesOfStrangersASecond) {
  for (std::uint32_t at = 0; at < kLogLinesPerSecondMax + 10; ++at) get("/nothing");
  EXPECT_EQ(std::ranges::count(lines_, '\n'), kLogLinesPerSecondMax);
}

TEST_F(ServiceTest, RemembersWhenAnEnrolledDeviceWasSeenLastAndWithWhat) {
  const fakes::Signer device("device", crypto::Algorithm::eddsa);
  const std::string duid = store::duid_of(device.key().view());
  const std::string key = text::to_hex(device.key().view());
  admin(Method::post, "/admin/v1/devices", R"({"keys":[")" + key + R"("],"why":"x"})");
  const auto listed = [this] {
    return (*json::parse(admin(Method::get, "/admin/v1/devices").body, 100'000))["devices"];
  };
  EXPECT_TRUE(listed()[0]["seen"].is_null());
  const std::string names = R"({"duid":")" + duid + R"(","model":"demo","certificate":")" +
                            std::string(kArtifact) + R"(","version":)";
  ASSERT_EQ(post("/v1/check-in", names + R"("1.0.0"})").status, 200);
  ASSERT_EQ(post("/v1/check-in", names + R"("1.1.0"})").status, 200);
  post("/v1/check-in", R"({"duid":"stranger","model":"demo","version":"1.0.0"})");
  post("/v1/check-in", R"({"pseudonym":"p","model":"demo","version":"1.0.0"})");
  const auto devices = listed();
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0]["seen"]["version"], "1.1.0");
  EXPECT_EQ(devices[0]["seen"]["certificate"], kArtifact);
  EXPECT_EQ(devices[0]["seen"]["at"], text::to_time(1'750'000'000));
}

TEST_F(ServiceTest, KnowsAFilesTagAmongMany) {
  Request request;
  request.target = "/tuf/timestamp.json";
  const Response first = ask(request);
  const std::size_t start = first.headers.find("etag: ") + 6;
  const std::string tag = first.headers.substr(start, first.headers.find('\r', start) - start);
  for (const std::string& names : {tag, "\"x\", " + tag, "W/" + tag, std::string("*")}) {
    request.if_none_match = names;
    EXPECT_EQ(ask(request).status, 304) << names;
  }
  request.if_none_match = "\"x\"";
  EXPECT_EQ(ask(request).status, 200);
  metadata_->offer(1);
  request.if_none_match = tag;
  EXPECT_EQ(ask(request).status, 200);
}

}  // namespace
}  // namespace airlock::http
