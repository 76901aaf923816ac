// The engines as modules: who loads them, and what is said of those that cannot be loaded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What the dynamic loader opened while the program ran, as it says itself.
std::string loaded_by(const std::string& arguments, const fs::path& log) {
  const ProgramResult result = run_shell("LD_DEBUG=files LD_DEBUG_OUTPUT=" + log.string() + " " +
                                         std::string(kProgram) + " " + arguments);
  EXPECT_EQ(result.code, 0) << result.output;
  std::string text;
  for (const auto& entry : fs::directory_iterator(log.parent_path()))
    if (entry.path().filename().string().starts_with(log.filename().string() + ".")) {
      text += file_text(entry.path());
      fs::remove(entry.path());
    }
  return text;
}

TEST(Engines, ACommandWithoutANetworkLoadsNeitherThemNorOpenCvsCodecs) {
  ScratchFolder scratch;
  const std::string s = scratch.path().string();
  for (const std::string& arguments :
       {std::string("--version"), std::string("--help"), std::string("infer --help"),
        "sample --quiet --scenes 1 --frames 1 --out " + s + "/raw",
        "run --quiet --raw " + s + "/raw --stages extract,fill --out " + s + "/run",
        "evaluate --quiet --pred " + s + "/run --pred-plane depth --gt " + s +
            "/run --protocol eigen --out " + s + "/scores",
        "report --metrics " + s + "/scores --out " + s + "/report",
        "infer --quiet --model constant --images " + s + "/run --out " + s + "/constant"}) {
    const std::string loaded = loaded_by(arguments, scratch / "loader");
    EXPECT_THAT(loaded, HasSubstr("libopencv_core")) << arguments << ": the loader is heard";
    EXPECT_THAT(loaded, AllOf(Not(HasSubstr("libtorch")), Not(HasSubstr("torch-")),
                              Not(HasSubstr("imgcodecs")), Not(HasSubstr("OpenEXR"))))
        << arguments;
  }
}

TEST(Engines, AMissingOneIsASentenceWithTheRemedy) {
  ScratchFolder scratch;
  ASSERT_EQ(run_depthmill("sample --quiet --scenes 1 --frames 1 --out " + (scratch / "raw").string()).code,
            0);
  fs::create_directories(scratch / "engines");
  std::ofstream(scratch / "net.pt") << "no network";
  const std::string with =
      "DEPTHMILL_ENGINES=" + (scratch / "engines").string() + " " + std::string(kProgram);
  const std::string infer = " run --raw " + (scratch / "raw").string() + " --stages extract,infer --model " +
                            (scratch / "net.pt").string() + " --out " + (scratch / "out").string();

  ProgramResult result = run_shell(with + infer);
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("net.pt cannot be run: there is no engine for it"),
                                   HasSubstr("no torch-*.so in " + (scratch / "engines").string()),
                                   HasSubstr("DEPTHMILL_ENGINES")));

  // One that is no library and one of another build: each is said, by infer and by info.
  std::ofstream(scratch / "engines/torch-9.9.so") << "no library";
  fs::copy_file(kOtherEngines, scratch / "engines/torch-9.10.so");
  for (const std::string& command : {with + infer, with + " info"}) {
    result = run_shell(command);
    EXPECT_THAT(result.output,
                AllOf(HasSubstr("torch-9.9.so: "), HasSubstr("torch-9.10.so: of another build of "
                                                             "depthmill (engines 0; the program: ")));
    EXPECT_LT(result.output.find("torch-9.10.so"), result.output.find("torch-9.9.so")) << "the newest first";
  }
  EXPECT_EQ(result.code, 0) << "info only says so";
}

TEST(Engines, ALibTorchOfAnotherVersionThatTheLoaderFindsIsSaid) {
  ScratchFolder scratch;
  const fs::path torch = scratch / "torch";
  fs::create_directories(scratch / "engines"), fs::create_directories(torch / "lib");
  fs::copy_file(kOtherEnginesOnTorch, scratch / "engines/torch-2.8.so");
  fs::copy_file(kOtherTorch, torch / "lib/libtorch_cpu.so");
  std::ofstream(torch / "version.py") << "__version__ = '2.11.0'\n";
  const auto info = [&] {
    return run_shell("DEPTHMILL_ENGINES=" + (scratch / "engines").string() +
                     " LD_LIBRARY_PATH=" + (torch / "lib").string() + " " + kProgram + " info")
        .output;
  };
  EXPECT_THAT(info(), HasSubstr("the loader has given it LibTorch 2.11 of " + torch.string()));
  std::ofstream(torch / "version.py") << "__version__ = '2.8.1'\n";
  EXPECT_THAT(info(), HasSubstr("torch-2.8.so: of another build"))
      << "of its version it goes on to the next question";
}

TEST(Engines, AGivenLibTorchIsTakenOrTheReasonIsSaid) {
  ScratchFolder scratch;
  fs::create_directories(scratch / "engines");
  fs::copy_file(kOtherEngines, scratch / "engines/torch-2.8.so");
  fs::create_directories(scratch / "torch/lib");
  std::ofstream(scratch / "torch/version.py") << "__version__ = '2.7.1+cpu'\n";
  const std::string with = "DEPTHMILL_ENGINES=" + (scratch / "engines").string() +
                           " DEPTHMILL_LIBTORCH=" + (scratch / "torch").string() + " " + kProgram;
  EXPECT_THAT(run_shell(with + " info").output, HasSubstr("torch-2.8.so: DEPTHMILL_LIBTORCH is 2.7"));

  std::ofstream(scratch / "torch/version.py") << "__version__ = '2.8.0'\n";
  std::ofstream(scratch / "torch/lib/libc10.so") << "no library";
  EXPECT_THAT(run_shell(with + " info").output,
              AllOf(HasSubstr("torch-2.8.so: DEPTHMILL_LIBTORCH: "), HasSubstr("libc10.so")));
}

// The torch of the first python3 on the path, which nobody has named; Python itself is not run.
TEST(Engines, ATorchOfAPythonOnThePathIsFound) {
  ScratchFolder scratch;
  const fs::path torch = scratch / "env/lib/python3.11/site-packages/torch";
  fs::create_directories(scratch / "env/bin");
  fs::create_directories(torch / "lib");
  fs::create_directories(scratch / "engines");
  std::ofstream(scratch / "env/bin/python3") << "no program";
  std::ofstream(torch / "lib/libtorch.so") << "no library";
  std::ofstream(torch / "version.py") << "__version__ = '9.8.0'\n";
  const std::string info = "env -u VIRTUAL_ENV -u CONDA_PREFIX -u DEPTHMILL_LIBTORCH DEPTHMILL_ENGINES=" +
                           (scratch / "engines").string() + " PATH=" + (scratch / "env/bin").string() +
                           ":$PATH " + kProgram + " info";
  EXPECT_THAT(run_shell(info).output,
              HasSubstr(torch.string() + ": LibTorch 9.8, for which there is no module here"));

  std::ofstream(scratch / "engines/torch-9.8.so") << "no module";
  EXPECT_THAT(run_shell(info).output,
              AllOf(HasSubstr("torch-9.8.so: "), HasSubstr(torch.string() + ": "), HasSubstr("libtorch.so"),
                    Not(HasSubstr("for which there is no module"))));
}

}  // namespace
}  // namespace depthmill::test
