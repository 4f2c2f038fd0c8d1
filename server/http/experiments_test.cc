#include "server/http/experiments.h"

#include <gtest/gtest.h>

#include <future>
#include <regex>

#include "host/text/text.h"
#include "server/http/bodies.h"
#include "server/http/http.h"
#include "server/rollout/internal/fake_metadata.h"
#include "tests/fakes/signers.h"

namespace airlock::http {
namespace {

constexpr std::int64_t kNow = 1'750'000'000;
class FeesTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "fees-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    baseline_ = put("1.0.0");
    arm_ = put("1.1.0");
    other_ = put("1.2.0");
    firmware_ = put("1.3.0", package::Kind::firmware);
    list(7);
    open();
    const std::string key = text::to_hex(device_.key().view());
    ASSERT_TRUE(store_->import_devices({key}, {"olivia", "test", kNow}));
  }
  // put adds a target to those that list tells of, and returns its manifest's digest.
  std::string put(const std::string& version, package::Kind kind = package::Kind::fee_policy) {
    fakes::Release release;
    release.kind = kind;
    release.version = version;
    release.components = {fakes::Release::component("policy", 100)};
    const auto envelope = signers_.sign_complete(release.encode(), kind);
    const std::string manifest =
        text::to_hex(crypto::sha256(package::Envelope::parse(envelope)->payload).bytes);
    const std::string sha256 = text::to_hex(crypto::sha256(envelope).bytes);
    std::filesystem::create_directories(folder_ / "repo/targets");
    EXPECT_TRUE(
        file::replace(folder_ / "repo/targets" / (sha256 + "." + version + ".cose"), envelope));
    listed_[version + ".cose"] = {{"hashes", {{"sha256", sha256}}},
                                  {"custom", {{"airlock", {{"manifest", manifest}}}}}};
    return manifest;
  }
  // list publishes what was put; a timestamp offers it.
  void list(std::int64_t version, bool offers = true) {
    const fakes::Signer signer("repository", crypto::Algorithm::eddsa);
    const rollout::FakeMetadata metadata(folder_ / "repo", tuf::internal::fake_signer(signer));
    metadata.publish(version, listed_);
    if (offers) metadata.offer(version);
  }
  void open() {
    service_.reset();
    outcomes_.reset();
    experiments_.reset();
    sightings_.reset();
    writer_.reset();
    store_.reset();
    store_ = std::move(*store::Store::open(folder_ / "data"));
    writer_ = std::move(*store::ReportWriter::open(*store_));
    sightings_ = std::move(*store::Sightings::open(*store_));
    experiments_ = std::move(*store::Experiments::open(*store_));
    outcomes_ = std::move(*store::OutcomeWriter::open(*store_, "test"));
    service_ = std::make_unique<UpdateService>(
        folder_ / "repo", Stores{*store_, *writer_, *sightings_, *experiments_, *outcomes_},
        [] { return kNow; }, log_);
    ASSERT_TRUE(service_->reload_experiments());
  }
  Response post(std::string_view target, std::string_view body) {
    Request request;
    request.method = Method::post;
    request.target = target;
    request.body = body;
    std::promise<Response> told;
    service_->handle(request, [&](Response made) { told.set_value(std::move(made)); });
    return told.get_future().get();
  }
  json::Value operate(Method method, std::string_view target, const json::Value& body = {},
                      std::string_view who = "olivia") {
    const std::string text = body.is_null() ? "" : json::write(body);
    Request request;
    request.method = method;
    request.target = target;
    request.body = text;
    request.who = who;
    return *json::parse(service_->handle_admin(request).body, 1 << 20);
  }
  json::Value create(std::uint32_t share, const json::Value& more = json::Value::object()) {
    json::Value body = {{"name", "fees"},
                        {"baseline", baseline_},
                        {"arms", {{{"name", "b"}, {"policy", arm_}}}},
                        {"ramp", {{{"share", share}}}},
                        {"why", "test"}};
    body.update(more);
    return operate(Method::post, "/admin/v1/experiments", body);
  }
  json::Value fees(const std::string& duid, const std::string& region = "de") {
    const json::Value body = {{"duid", duid}, {"region", region}};
    return (*json::parse(post("/v1/fees", json::write(body)).body, 10'000))["experiments"];
  }
  // What a wallet in private mode is told, which keeps both policies.
  json::Value set_aside() {
    const json::Value body = {{"kept", {arm_, baseline_}}};
    const json::Value told = *json::parse(post("/v1/fees", json::write(body)).body, 10'000);
    EXPECT_TRUE(told["experiments"].empty());
    return told["set_aside"];
  }
  json::Value change(int id, const std::string& verb, json::Value body = json::Value::object()) {
    body["why"] = "test";
    return operate(Method::post, "/admin/v1/experiments/" + std::to_string(id) + "/" + verb, body);
  }
  json::Value report(const std::vector<json::Value>& list, std::int64_t sequence) {
    return *json::parse(post("/v1/outcomes", outcomes_body(device_, list, sequence)).body, 1000);
  }
  std::string duid() const { return store::duid_of(device_.key().view()); }
  std::string outcomes_body(const fakes::Signer& signer, const std::vector<json::Value>& list,
                            std::int64_t sequence = 1, const std::string& as = "") {
    const std::string text =
        json::write({{"duid", as.empty() ? store::duid_of(signer.key().view()) : as},
                     {"sequence", sequence},
                     {"outcomes", list}});
    const std::string message = "airlock-outcomes-v1\n" + text;
    return json::write({{"outcomes", text::to_base64(bytes_of(text))},
                        {"key", text::to_hex(signer.key().view())},
                        {"signature", text::to_hex(signer.sign_message(bytes_of(message)))}});
  }
  static json::Value outcome(std::string_view arm, bool ok, std::int64_t ms, int stage = 1) {
    return {{"experiment", 1}, {"arm", arm}, {"stage", stage}, {"ok", ok}, {"ms", ms}};
  }
  std::string metrics() {
    Request request;
    request.target = "/metrics";
    std::promise<Response> told;
    service_->handle(request, [&](Response made) { told.set_value(std::move(made)); });
    return told.get_future().get().body;
  }
  // shows looks for a line of the metrics, but for whose book it is.
  bool shows(const std::string& line) {
    const std::regex whose("book=\"[0-9a-f]{16}\",since=\"[0-9]+\",");
    const std::string text = std::regex_replace(metrics(), whose, "");
    return text.find("\n" + line + "\n") != std::string::npos;
  }

  const fakes::Signer device_{"device", crypto::Algorithm::eddsa};
  fakes::Signers signers_;
  file::Path folder_;
  json::Value listed_;
  std::string baseline_, arm_, other_, firmware_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::ReportWriter> writer_;
  std::unique_ptr<store::Sightings> sightings_;
  std::unique_ptr<store::Experiments> experiments_;
  std::unique_ptr<store::OutcomeWriter> outcomes_;
  Log log_{[] { return kNow; }, [](std::string_view) {}};
  std::unique_ptr<UpdateService> service_;
};

TEST_F(FeesTest, ServesTheArmsPolicyToTheShareAndTheBaselineToAllOthers) {
  create(5'000);
  int gray = 0;
  for (int device = 0; device < 1'000; ++device) {
    const json::Value told = fees(std::to_string(device));
    ASSERT_EQ(told.size(), 1U);
    const bool in = told[0]["arm"] == "b";
    EXPECT_EQ(told[0]["policy"], in ? arm_ : baseline_);
    EXPECT_EQ(told, fees(std::to_string(device)));
    gray += in ? 1 : 0;
  }
  EXPECT_NEAR(gray, 500, 80);
}

TEST_F(FeesTest, TriesNothingThatDevicesCannotHave) {
  const auto tries = [this](const std::string& policy) {
    return create(1, {{"arms", {{{"name", "b"}, {"policy", policy}}}}})["error"];
  };
  EXPECT_EQ(tries(std::string(64, 'a')), "target_missing");
  EXPECT_EQ(tries(firmware_), "wrong_kind");
  EXPECT_EQ(create(1, {{"arms", {{{"name", "b"}, {"policy", firmware_}}}}})["field"],
            "arms[0].policy");
  EXPECT_EQ(create(1, {{"baseline", std::string(64, 'a')}})["error"], "target_missing");
  const std::string late = put("2.0.0");
  list(8, false);
  EXPECT_EQ(tries(late), "not_offered");
  list(8);
  EXPECT_TRUE(tries(late).is_null());
}

TEST_F(FeesTest, SaysWhichMemberOfADefinitionIsAtFault) {
  const auto field = [this](const char* key, const json::Value& put) {
    return create(1, {{key, put}})["field"];
  };
  EXPECT_EQ(field("limitt", 5), "limitt");
  EXPECT_EQ(field("jitter", "x"), "jitter");
  EXPECT_EQ(field("ramp", {{{"share", 500}}, {{"share", 500}}}), "ramp[1].share");
  EXPECT_EQ(field("guards", {{{"metric", "failures"}, {"limits", 5}}}), "guards[0].limits");
  EXPECT_EQ(field("regions", {"de", 5}), "regions[1]");
  EXPECT_EQ(field("arms", {{{"name", "b"}, {"policy", arm_}, {"weight", 1}}}), "arms");
}

TEST_F(FeesTest, ServesTheBaselineToEverybodyWhilePaused) {
  create(10'000);
  EXPECT_EQ(fees(duid())[0]["policy"], arm_);
  operate(Method::post, "/admin/v1/experiments/1/pause", {{"why", "payments fail"}});
  EXPECT_EQ(fees(duid())[0]["policy"], baseline_);
  operate(Method::post, "/admin/v1/experiments/1/resume", {{"why", "false alarm"}});
  EXPECT_EQ(fees(duid())[0]["policy"], arm_);
  operate(Method::post, "/admin/v1/experiments/1/rollback", {{"why", "no"}});
  EXPECT_TRUE(fees(duid()).empty());
  EXPECT_EQ(operate(Method::post, "/admin/v1/experiments/1/resume", {{"why", "again"}})["error"],
            "conflict");
}

TEST_F(FeesTest, SetsAsideWhatIsTriedUntilItIsEverybodys) {
  EXPECT_TRUE(set_aside().empty());
  create(1, {{"state", "created"}});
  EXPECT_EQ(set_aside(), json::Value({arm_}));
  change(1, "resume");
  EXPECT_EQ(set_aside(), json::Value({arm_}));
  EXPECT_EQ(change(1, "end", {{"adopt", "c"}})["error"], "not_found");
  EXPECT_EQ(change(1, "end")["error"], "missing_field");
  EXPECT_EQ(change(1, "end", {{"adopt", "b"}})["phase"], "ended");
  EXPECT_EQ(set_aside(), json::Value({baseline_}));
  EXPECT_TRUE(fees(duid()).empty());
  EXPECT_EQ(change(1, "end", {{"adopt", "baseline"}})["error"], "conflict");
  // It may still be taken back, also after a restart.
  open();
  EXPECT_EQ(change(1, "rollback")["phase"], "rolled_back");
  EXPECT_EQ(set_aside(), json::Value({arm_}));
  // The last experiment that names a policy decides.
  create(10'000);
  EXPECT_EQ(change(2, "end", {{"adopt", "b"}})["phase"], "ended");
  EXPECT_EQ(set_aside(), json::Value({baseline_}));
}

TEST_F(FeesTest, LetsAnotherExperimentBeginOnceOneIsOver) {
  create(10'000);
  change(1, "rollback");
  create(10'000, {{"arms", {{{"name", "c"}, {"policy", other_}}}}});
  ASSERT_EQ(fees(duid()).size(), 1U);
  EXPECT_EQ(fees(duid())[0]["arm"], "c");
}

TEST_F(FeesTest, RunsNoTwoExperimentsThatMaySpeakOfTheSameWallet) {
  EXPECT_EQ(create(1, {{"regions", {"de", "fr"}}})["phase"], "running");
  EXPECT_EQ(create(1)["error"], "conflict");
  EXPECT_EQ(create(1, {{"regions", {"fr"}}, {"tiers", {"gold"}}})["error"], "conflict");
  EXPECT_EQ(create(1, {{"regions", {"it"}}})["phase"], "running");
  EXPECT_EQ(create(1, {{"state", "created"}})["phase"], "created");
  EXPECT_EQ(change(3, "resume")["error"], "conflict");
  EXPECT_EQ(change(1, "pause")["phase"], "paused");
  EXPECT_EQ(change(1, "resume")["phase"], "running") << "it does not stand in its own way";
  change(1, "rollback");
  EXPECT_EQ(change(3, "resume")["error"], "conflict");
  change(2, "end", {{"adopt", "baseline"}});
  EXPECT_EQ(change(3, "resume")["phase"], "running");
}

TEST_F(FeesTest, RunsNoTwoExperimentsOfWhichOneTriesWhatIsTheOthersBaseline) {
  EXPECT_EQ(create(1, {{"regions", {"de"}}})["phase"], "running");
  const json::Value crossed = {
      {"regions", {"us"}}, {"baseline", arm_}, {"arms", {{{"name", "b"}, {"policy", other_}}}}};
  EXPECT_EQ(create(1, crossed)["error"], "conflict") << "it would make everybody's what is tried";
  change(1, "end", {{"adopt", "b"}});
  EXPECT_EQ(create(1, crossed)["phase"], "running");
}

TEST_F(FeesTest, TriesEachPolicyOnceAndNeverTheBaseline) {
  const auto refused = create(1, {{"arms", {{{"name", "b"}, {"policy", baseline_}}}}});
  EXPECT_EQ(refused["error"], "duplicate_key");
  EXPECT_EQ(refused["field"], "arms[0].policy");
  const auto twice = create(1, {{"arms",
                                 {{{"name", "b"}, {"policy", arm_}, {"weight", 5'000}},
                                  {{"name", "c"}, {"policy", arm_}, {"weight", 5'000}}}}});
  EXPECT_EQ(twice["error"], "duplicate_key");
  EXPECT_EQ(twice["field"], "arms[1].policy");
}

TEST_F(FeesTest, GoesOnFromAStateThatDoesNotRead) {
  create(10'000);
  ASSERT_TRUE(experiments_->apply({1, 0, R"({"damaged":true})", {}}));
  open();
  const json::Value listed =
      operate(Method::get, "/admin/v1/experiments", nullptr)["experiments"][0];
  EXPECT_EQ(listed["phase"], "paused");
  EXPECT_NE(listed["words"].get<std::string>().find("does not read"), std::string::npos);
  EXPECT_EQ(fees(duid())[0]["policy"], baseline_);
  EXPECT_EQ(set_aside(), json::Value({arm_}));
  EXPECT_EQ(change(1, "rollback")["phase"], "rolled_back");
  create(1);
  ASSERT_TRUE(experiments_->apply({2, 0, "no JSON", {}}));
  open();
  EXPECT_EQ(change(2, "resume")["phase"], "running");
}

TEST_F(FeesTest, PassesOverWhatADeviceSaysOfAnArmThatItWasNotTold) {
  create(1, {{"arms",
              {{{"name", "b"}, {"policy", arm_}, {"weight", 9'999}},
               {{"name", "c"}, {"policy", other_}, {"weight", 1}}}}});
  if (fees(duid())[0]["arm"] != "baseline") GTEST_SKIP() << "one in ten thousand";
  EXPECT_EQ(report({outcome("b", false, 1)}, 1)["passed_over"], 1);
  EXPECT_EQ(report({outcome("baseline", false, 1)}, 2)["passed_over"], 0);
  change(1, "ramp", {{"share", 10'000}});
  const std::string own = fees(duid())[0]["arm"];
  EXPECT_EQ(report({outcome(own == "b" ? "c" : "b", false, 1, 2)}, 3)["passed_over"], 1);
  EXPECT_EQ(report({outcome("baseline", false, 1, 2)}, 4)["passed_over"], 1);
  EXPECT_EQ(report({outcome("baseline", false, 1, 1)}, 5)["passed_over"], 0) << "on its way";
  EXPECT_EQ(report({outcome(own, false, 1, 2)}, 6)["passed_over"], 0);
  change(1, "pause");
  EXPECT_EQ(report({outcome(own, false, 1, 2)}, 7)["passed_over"], 0) << "on its way";
  EXPECT_EQ(report({outcome(own, false, 1, 3)}, 8)["passed_over"], 1);
}

TEST_F(FeesTest, WakesNobodyForWhatIsOver) {
  create(10'000);
  change(1, "pause");
  EXPECT_TRUE(shows("airlock_experiment_paused{experiment=\"1\"} 1"));
  change(1, "rollback");
  EXPECT_EQ(metrics().find("airlock_experiment_paused{"), std::string::npos);
  EXPECT_TRUE(shows("airlock_experiments{phase=\"rolled_back\"} 1"));
}

TEST_F(FeesTest, SaysNothingToThoseOutsideTheCondition) {
  create(10'000, {{"regions", {"de"}}});
  EXPECT_EQ(fees(duid(), "de").size(), 1U);
  EXPECT_TRUE(fees(duid(), "fr").empty());
  EXPECT_EQ(post("/v1/fees", R"({"duid":""})").status, 400);
  EXPECT_EQ(post("/v1/fees", R"({"kept":["aa"]})").status, 400);
  EXPECT_EQ(post("/v1/fees", R"({"kept":[1]})").status, 400);
  const json::Value many = {{"kept", std::vector<std::string>(kKeptMax + 1, arm_)}};
  EXPECT_EQ(post("/v1/fees", json::write(many)).status, 400);
}

TEST_F(FeesTest, CountsTheOutcomesOfEnrolledDevicesOnce) {
  create(1, {{"state", "created"}});
  change(1, "resume");
  change(1, "ramp", {{"share", 10'000}});
  const std::string body = outcomes_body(
      device_,
      {outcome("b", true, 120, 2), outcome("b", false, 900, 2), outcome("baseline", true, 800, 1)});
  const json::Value told = *json::parse(post("/v1/outcomes", body).body, 1000);
  EXPECT_EQ(told["counted"], true);
  EXPECT_EQ(told["outcomes"], 3);
  EXPECT_EQ((*json::parse(post("/v1/outcomes", body).body, 1000))["outcomes"], 0);
  EXPECT_TRUE(shows("airlock_payments_total{experiment=\"1\",arm=\"b\",result=\"succeeded\"} 1"));
  EXPECT_TRUE(shows("airlock_payments_total{experiment=\"1\",arm=\"b\",result=\"failed\"} 1"));
  EXPECT_TRUE(shows("airlock_payment_seconds_bucket{experiment=\"1\",arm=\"b\",le=\"0.8\"} 1"));
  EXPECT_TRUE(shows("airlock_payment_seconds_bucket{experiment=\"1\",arm=\"b\",le=\"+Inf\"} 2"));
  EXPECT_TRUE(
      shows("airlock_payment_seconds_bucket{experiment=\"1\",arm=\"baseline\",le=\"0.8\"} 1"));
  EXPECT_TRUE(shows("airlock_payment_seconds_sum{experiment=\"1\",arm=\"b\"} 1.02"));
}

TEST_F(FeesTest, MarksStrangersAndCountsNothingOfThem) {
  create(10'000);
  const fakes::Signer stranger("stranger", crypto::Algorithm::eddsa);
  const json::Value told = *json::parse(
      post("/v1/outcomes", outcomes_body(stranger, {outcome("b", false, 1)})).body, 1000);
  EXPECT_EQ(told["counted"], false);
  EXPECT_EQ(told["why"], "not_enrolled");
  EXPECT_TRUE(shows("airlock_payments_total{experiment=\"1\",arm=\"b\",result=\"failed\"} 0"));
  EXPECT_TRUE(shows("airlock_outcome_batches_marked_total 1"));
}

TEST_F(FeesTest, RefusesOutcomesUnderAnothersNameOrSignatureOrPurpose) {
  create(10'000);
  const fakes::Signer other("other", crypto::Algorithm::eddsa);
  const std::vector<json::Value> list = {outcome("b", false, 1)};
  EXPECT_EQ(post("/v1/outcomes", outcomes_body(other, list, 1, duid())).status, 403);
  std::string broken = outcomes_body(device_, list);
  const std::size_t at = broken.find("\"signature\":\"") + 13;
  broken[at] = broken[at] == '0' ? '1' : '0';
  EXPECT_EQ(post("/v1/outcomes", broken).status, 403);
  // What was signed as a report is no batch of outcomes.
  const std::string text = json::write({{"duid", duid()}, {"sequence", 1}, {"outcomes", list}});
  const std::string message = "airlock-report-v1\n" + text;
  const json::Value body = {{"outcomes", text::to_base64(bytes_of(text))},
                            {"key", text::to_hex(device_.key().view())},
                            {"signature", text::to_hex(device_.sign_message(bytes_of(message)))}};
  EXPECT_EQ(post("/v1/outcomes", json::write(body)).status, 403);
  EXPECT_TRUE(shows("airlock_payments_total{experiment=\"1\",arm=\"b\",result=\"failed\"} 0"));
}

TEST_F(FeesTest, PassesOverArmsExperimentsAndStagesThatAreNotThere) {
  create(10'000);
  json::Value other = outcome("b", false, 1);
  other["experiment"] = 9;
  const json::Value told = *json::parse(
      post("/v1/outcomes",
           outcomes_body(device_, {outcome("zz\"", false, 1), other, outcome("b", false, 1, 99),
                                   outcome("b", false, 1)}))
          .body,
      1000);
  EXPECT_EQ(told["passed_over"], 3);
  EXPECT_EQ(told["outcomes"], 1);
  EXPECT_EQ(metrics().find("zz"), std::string::npos);
}

TEST_F(FeesTest, BoundsABatch) {
  create(10'000);
  std::vector<json::Value> list(store::kOutcomesMax + 1, json::Value{{"experiment", 1}});
  const std::string body = outcomes_body(device_, list);
  EXPECT_EQ(post("/v1/outcomes", body).status, 400);
}

// By these two labels the judge knows whose counter it is, and whether all of it is new.
TEST_F(FeesTest, SaysOfEachCounterWhoseItIsAndWhenItStoodAtZero) {
  create(10'000);
  const store::OutcomeBook book = outcomes_->book();
  ASSERT_GT(book.began, kNow);  // of a real clock, and younger than the experiment
  const std::string whose =
      "{book=\"" + book.id + "\",since=\"" + std::to_string(book.began) + "\",experiment=\"1\"";
  for (const char* const counter : {"airlock_payments_total", "airlock_payment_seconds_bucket",
                                    "airlock_experiment_devices_total"}) {
    EXPECT_NE(metrics().find(counter + whose), std::string::npos) << counter;
  }
}

TEST_F(FeesTest, GoesOnWithItsCountersAfterARestart) {
  create(10'000);
  post("/v1/outcomes", outcomes_body(device_, {outcome("b", false, 1)}));
  open();
  EXPECT_TRUE(shows("airlock_payments_total{experiment=\"1\",arm=\"b\",result=\"failed\"} 1"));
  EXPECT_TRUE(shows("airlock_experiment_devices_total{experiment=\"1\",arm=\"b\",stage=\"1\"} 1"));
  post("/v1/outcomes", outcomes_body(device_, {outcome("b", false, 1)}));  // sent again
  EXPECT_TRUE(shows("airlock_payments_total{experiment=\"1\",arm=\"b\",result=\"failed\"} 1"));
}

TEST_F(FeesTest, NotesWhatOperatorsDoAndRefusesThemWithoutANameOrAReason) {
  EXPECT_EQ(operate(Method::get, "/admin/v1/experiments", {}, "")["error"], "unauthorised");
  EXPECT_EQ(create(500, {{"why", ""}})["error"], "missing_field");
  EXPECT_EQ(create(500)["phase"], "running");
  EXPECT_EQ(operate(Method::post, "/admin/v1/experiments/1/ramp",
                    {{"share", 400}, {"why", "w"}})["error"],
            "conflict");
  EXPECT_EQ(operate(Method::post, "/admin/v1/experiments/1/ramp",
                    {{"share", 2'500}, {"why", "w"}})["share"],
            2'500);
  EXPECT_EQ(operate(Method::post, "/admin/v1/experiments/9/pause", {{"why", "w"}})["error"],
            "not_found");
  EXPECT_EQ(operate(Method::post, "/admin/v1/experiments/1/pause", json::Value::object())["error"],
            "missing_field");
  EXPECT_EQ(operate(Method::post, "/admin/v1/experiments/1/finish", {{"why", "w"}})["error"],
            "not_found");
  const auto audit = *store_->audit(10);
  EXPECT_EQ(audit[0].what, "experiment.ramp");
  EXPECT_EQ(audit[1].what, "experiment.create");
  const json::Value verdicts = operate(Method::get, "/admin/v1/verdicts?experiment=1");
  EXPECT_EQ(verdicts["verdicts"][0]["act"], "ramp");
}

TEST_F(FeesTest, StartsAnExperimentOnlyWhenItIsTold) {
  EXPECT_EQ(create(10'000, {{"state", "created"}})["phase"], "created");
  EXPECT_TRUE(fees(duid()).empty());
  operate(Method::post, "/admin/v1/experiments/1/resume", {{"why", "go"}});
  EXPECT_EQ(fees(duid())[0]["arm"], "b");
}

}  // namespace
}  // namespace airlock::http
