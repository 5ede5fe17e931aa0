import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.http.nio.netty.Http2Configuration;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ScalingType;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * The Kinesis Client Library 3 through a split, a merge and an UpdateShardCount under load: once
 * polling over h2c, once with enhanced fan-out over h2 and TLS. Leases live in DynamoDB Local, in
 * memory, in this process. Expects KINESIS_ENDPOINT; KINESIS_TLS_ENDPOINT moves the fan-out run to
 * TLS. Closes with `N passed, N failed`; what the KCL logged is in target/kcl.log.
 */
public final class KclInterop {
  private static final StaticCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("AKIDEXAMPLE", "secret"));
  private static final int SHARDS = 2;
  private static final int SHARDS_AFTER_UPDATE = 4;

  /**
   * A worker draws up to 30 s before it lists the shards of an empty lease table, and sleeps 10 s
   * while the table's index is made.
   */
  private static final int FIRST_SECONDS = 150;

  private static final int STEP_SECONDS = 60;

  private static int passed = 0;
  private static int failed = 0;

  private final String way;
  private final String stream;
  private final KinesisAsyncClient kinesis;
  private final DynamoDbAsyncClient leases;
  private final LogWatch log;
  private final AnswerWatch answers;
  private final Ledger ledger = new Ledger();
  private final Worker worker;
  private final Producer producer;

  @FunctionalInterface
  private interface Case {
    void run() throws Exception;
  }

  private KclInterop(
      String way,
      KinesisAsyncClient kinesis,
      DynamoDbAsyncClient leases,
      LogWatch log,
      AnswerWatch answers) {
    this.way = way;
    this.stream = "kcl-" + way;
    this.kinesis = kinesis;
    this.leases = leases;
    this.log = log;
    this.answers = answers;
    this.worker = new Worker(stream, way.equals("fan-out"), kinesis, leases, ledger);
    this.producer = new Producer(kinesis, stream, ledger);
  }

  /** Runs both ways, or the one that is named. */
  public static void main(String[] args) throws Exception {
    String endpoint = System.getenv("KINESIS_ENDPOINT");
    String tls = System.getenv("KINESIS_TLS_ENDPOINT");
    LogWatch log = LogWatch.attach();
    int port = freePort();
    setNativeLibrary();
    DynamoDBProxyServer server =
        ServerRunner.createServerFromCommandLineArgs(
            new String[] {"-inMemory", "-disableTelemetry", "-port", String.valueOf(port)});
    server.start();
    try (DynamoDbAsyncClient leases = dynamo("http://127.0.0.1:" + port)) {
      for (String way : args.length == 0 ? new String[] {"polling", "fan-out"} : args) {
        String url = way.equals("fan-out") && tls != null ? tls : endpoint;
        AnswerWatch answers = new AnswerWatch();
        try (KinesisAsyncClient kinesis = kinesis(url, answers)) {
          new KclInterop(way, kinesis, leases, log, answers).run();
        }
      }
    }
    System.out.println(passed + " passed, " + failed + " failed");
    System.exit(failed == 0 && passed > 0 ? 0 : 1);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** DynamoDB Local keeps its tables in SQLite, whose library Maven put beside its jars. */
  private static void setNativeLibrary() {
    for (String entry : System.getProperty("java.class.path").split(":")) {
      if (entry.contains("libsqlite4java-linux-amd64")) {
        System.setProperty("sqlite4java.library.path", Path.of(entry).getParent().toString());
      }
    }
  }

  private static DynamoDbAsyncClient dynamo(String endpoint) {
    return DynamoDbAsyncClient.builder()
        .endpointOverride(URI.create(endpoint))
        .region(Region.US_EAST_1)
        .credentialsProvider(CREDENTIALS)
        .build();
  }

  /** As the KCL's own KinesisClientUtil makes it, and trusting a self-signed certificate. */
  private static KinesisAsyncClient kinesis(String endpoint, AnswerWatch answers) {
    AttributeMap trust =
        AttributeMap.builder()
            .put(SdkHttpConfigurationOption.TRUST_ALL_CERTIFICATES, true)
            .build();
    Http2Configuration http2 =
        Http2Configuration.builder()
            .initialWindowSize(512 * 1024)
            .healthCheckPingPeriod(Duration.ofMinutes(1))
            .build();
    return KinesisAsyncClient.builder()
        .endpointOverride(URI.create(endpoint))
        .region(Region.US_EAST_1)
        .credentialsProvider(CREDENTIALS)
        .httpClient(
            NettyNioAsyncHttpClient.builder()
                .maxConcurrency(Integer.MAX_VALUE)
                .http2Configuration(http2)
                .protocol(Protocol.HTTP2)
                .buildWithDefaults(trust))
        .overrideConfiguration(c -> c.addExecutionInterceptor(answers))
        .build();
  }

  private void run() throws Exception {
    long start = System.nanoTime();
    // Each step needs the one before it, and a step that waits in vain waits long.
    if (check("create a stream, start a worker and put", this::begin)
        && check("split a shard under load", this::split)
        && check("merge two shards under load", this::merge)
        && check("update the shard count under load", this::updateShardCount)
        && check("every acknowledged record is processed", this::drain)) {
      check("the order within every key is kept", this::inOrder);
      check("leases of closed shards end as SHARD_END", this::leasesEnd);
    }
    check("the worker stops when asked", worker::stop);
    check("no complaint about an answer in the log", this::noComplaints);
    check("delete the stream", () -> kinesis.deleteStream(
        b -> b.streamName(stream).enforceConsumerDeletion(true)).join());
    System.out.printf(
        "     %s: %d acknowledged, %d processed, %d duplicates, %d s%n",
        way,
        ledger.acknowledgedCount(),
        ledger.processedCount(),
        ledger.duplicates(),
        TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    log.takeWarnings().forEach((text, count) -> System.out.println("     " + count + " x " + text));
  }

  private boolean check(String name, Case body) {
    try {
      body.run();
      passed++;
      System.out.println("ok   " + way + ": " + name);
      return true;
    } catch (Throwable error) {
      failed++;
      System.out.println("FAIL " + way + ": " + name);
      error.printStackTrace(System.out);
      return false;
    }
  }

  private static void that(boolean condition, Object details) {
    if (!condition) {
      throw new IllegalStateException(String.valueOf(details));
    }
  }

  private static void until(BooleanSupplier condition, String what) throws InterruptedException {
    until(STEP_SECONDS, condition, what);
  }

  private static void until(int seconds, BooleanSupplier condition, String what)
      throws InterruptedException {
    for (int tries = 0; !condition.getAsBoolean(); tries++) {
      that(tries < seconds * 10, "timed out waiting until " + what);
      Thread.sleep(100);
    }
  }

  private void untilActive() throws InterruptedException {
    until(
        () ->
            kinesis.describeStreamSummary(b -> b.streamName(stream)).join()
                .streamDescriptionSummary()
                .streamStatusAsString()
                .equals("ACTIVE"),
        stream + " is ACTIVE");
  }

  private List<Shard> shards() {
    return kinesis.listShards(b -> b.streamName(stream)).join().shards();
  }

  /** Open shards by the start of their ranges. */
  private List<Shard> openShards() {
    return shards().stream()
        .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
        .sorted((a, b) -> startOf(a).compareTo(startOf(b)))
        .collect(Collectors.toList());
  }

  private static BigInteger startOf(Shard shard) {
    return new BigInteger(shard.hashKeyRange().startingHashKey());
  }

  /** Every open shard has delivered a record, and the producer went on meanwhile. */
  private void settled(int seconds, int expected, int acknowledgedBefore)
      throws InterruptedException {
    untilActive();
    List<Shard> open = openShards();
    that(open.size() == expected, open);
    until(
        seconds,
        () -> ledger.heardFrom(open.stream().map(Shard::shardId).collect(Collectors.toSet())),
        "every open shard delivered");
    that(ledger.acknowledgedCount() > acknowledgedBefore, "no put was acknowledged meanwhile");
  }

  private void begin() throws InterruptedException {
    kinesis.createStream(b -> b.streamName(stream).shardCount(SHARDS)).join();
    untilActive();
    worker.start();
    producer.start();
    settled(FIRST_SECONDS, SHARDS, 0);
  }

  private void split() throws InterruptedException {
    int before = ledger.acknowledgedCount();
    Shard first = openShards().get(0);
    BigInteger end = new BigInteger(first.hashKeyRange().endingHashKey());
    String middle = startOf(first).add(end).shiftRight(1).toString();
    kinesis
        .splitShard(
            b -> b.streamName(stream).shardToSplit(first.shardId()).newStartingHashKey(middle))
        .join();
    settled(STEP_SECONDS, SHARDS + 1, before);
  }

  private void merge() throws InterruptedException {
    int before = ledger.acknowledgedCount();
    List<Shard> open = openShards();
    kinesis
        .mergeShards(
            b ->
                b.streamName(stream)
                    .shardToMerge(open.get(1).shardId())
                    .adjacentShardToMerge(open.get(2).shardId()))
        .join();
    settled(STEP_SECONDS, SHARDS, before);
  }

  private void updateShardCount() throws InterruptedException {
    int before = ledger.acknowledgedCount();
    kinesis
        .updateShardCount(
            b ->
                b.streamName(stream)
                    .targetShardCount(SHARDS_AFTER_UPDATE)
                    .scalingType(ScalingType.UNIFORM_SCALING))
        .join();
    settled(STEP_SECONDS, SHARDS_AFTER_UPDATE, before);
  }

  private void drain() throws InterruptedException {
    int retried = producer.finish();
    that(ledger.acknowledgedCount() > 0, "nothing was put");
    try {
      until(() -> ledger.behind().isEmpty(), "everything is processed");
    } catch (IllegalStateException error) {
      throw new IllegalStateException(String.join("; ", ledger.behind()), error);
    }
    System.out.println("     " + way + ": " + retried + " entries were put more than once");
  }

  private void inOrder() {
    that(ledger.disorder().isEmpty(), ledger.disorder());
    that(ledger.processedCount() == ledger.acknowledgedCount(), "counts differ");
  }

  private Map<String, String> checkpoints() {
    Map<String, String> checkpoints = new TreeMap<>();
    leases
        .scan(b -> b.tableName(worker.application()).consistentRead(true))
        .join()
        .items()
        .forEach(
            item -> {
              if (item.get("leaseKey").s().startsWith("shardId-")) {
                checkpoints.put(item.get("leaseKey").s(), item.get("checkpoint").s());
              }
            });
    return checkpoints;
  }

  private void leasesEnd() throws InterruptedException {
    List<Shard> all = shards();
    that(all.size() > SHARDS + 3 + SHARDS_AFTER_UPDATE - 1, all);
    Map<String, Boolean> closed =
        all.stream()
            .collect(
                Collectors.toMap(
                    Shard::shardId,
                    shard -> shard.sequenceNumberRange().endingSequenceNumber() != null));
    try {
      until(
          () -> {
            Map<String, String> now = checkpoints();
            return now.keySet().equals(closed.keySet())
                && closed.entrySet().stream()
                    .allMatch(e -> e.getValue() == now.get(e.getKey()).equals("SHARD_END"));
          },
          "closed shards, and no others, are at SHARD_END");
    } catch (IllegalStateException error) {
      throw new IllegalStateException("closed " + closed + ", leases " + checkpoints(), error);
    }
    long count = closed.values().stream().filter(c -> c).count();
    System.out.println("     " + way + ": " + count + " closed shards, " + all.size() + " in all");
  }

  private void noComplaints() {
    List<String> complaints = log.takeComplaints();
    String some = complaints.stream().limit(10).collect(Collectors.joining("\n"));
    that(complaints.isEmpty(), complaints.size() + " complaints\n" + some);
    that(answers.contradictions().isEmpty(), answers.contradictions());
    that(answers.shardEnds() > 0 || way.equals("fan-out"), "no answer told of a shard's end");
  }
}
