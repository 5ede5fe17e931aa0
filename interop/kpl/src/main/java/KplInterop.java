import com.google.common.util.concurrent.ListenableFuture;
import java.io.File;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordResult;
import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/**
 * The Kinesis Producer Library with aggregation, whose native daemon speaks HTTP/1.1 over TLS
 * only, and the KCL's own de-aggregation of what it wrote. The daemon predicts the shard of every
 * record from the shard list and retries when the service says another one, so a record that took
 * one attempt was routed as predicted. Expects KINESIS_ENDPOINT and KINESIS_TLS_ENDPOINT. Closes
 * with `N passed, N failed`; what the daemon logged is in target/kpl.log.
 */
public final class KplInterop {
  private static final String STREAM = "kpl-interop";
  private static final StaticCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("AKIDEXAMPLE", "secret"));
  private static final String AUTO_STREAM = "kpl-interop-auto";
  private static final int RECORDS = 2000;

  private static int passed = 0;
  private static int failed = 0;

  private final KinesisClient kinesis;
  private final KinesisProducer producer;
  /** Text of every acknowledged user record, and the shard that the library said it is in. */
  private final Map<String, String> acknowledged = new HashMap<>();

  @FunctionalInterface
  private interface Case {
    void run() throws Exception;
  }

  private KplInterop(KinesisClient kinesis, KinesisProducer producer) {
    this.kinesis = kinesis;
    this.producer = producer;
  }

  /** Runs everything. */
  public static void main(String[] args) throws Exception {
    URI tls = URI.create(System.getenv("KINESIS_TLS_ENDPOINT"));
    File folder = new File("target/daemon");
    folder.mkdirs();
    KinesisProducerConfiguration config =
        new KinesisProducerConfiguration()
            .setCredentialsProvider(CREDENTIALS)
            .setRegion("us-east-1")
            .setKinesisEndpoint(tls.getHost())
            .setKinesisPort(tls.getPort())
            .setStsEndpoint(tls.getHost())
            .setStsPort(tls.getPort())
            .setVerifyCertificate(false)
            .setMetricsLevel("none")
            .setAggregationEnabled(true)
            .setRecordMaxBufferedTime(300)
            .setTempDirectory(folder.getAbsolutePath());
    try (KinesisClient kinesis =
        KinesisClient.builder()
            .endpointOverride(URI.create(System.getenv("KINESIS_ENDPOINT")))
            .region(Region.US_EAST_1)
            .credentialsProvider(CREDENTIALS)
            .httpClient(UrlConnectionHttpClient.create())
            .build()) {
      KinesisProducer producer = new KinesisProducer(config);
      new KplInterop(kinesis, producer).run();
      producer.destroy();
    }
    System.out.println(passed + " passed, " + failed + " failed");
    System.exit(failed == 0 && passed > 0 ? 0 : 1);
  }

  private void run() {
    check("create a stream", this::create);
    check("every user record takes one attempt, to the shard of its key", () -> put("first", 1));
    check("records are aggregated and de-aggregate", this::readBack);
    check("records put through a split are all acknowledged", this::putThroughSplit);
    check("afterwards every user record takes one attempt again", () -> put("after", 1));
    check("all of them de-aggregate from parents and children", this::readBack);
    check("a stream that distributes records itself takes them without a key", this::distributed);
    check("delete the streams", this::delete);
  }

  private static void check(String name, Case body) {
    try {
      body.run();
      passed++;
      System.out.println("ok   " + name);
    } catch (Throwable error) {
      failed++;
      System.out.println("FAIL " + name);
      error.printStackTrace(System.out);
    }
  }

  private static void that(boolean condition, Object details) {
    if (!condition) {
      throw new IllegalStateException(String.valueOf(details));
    }
  }

  private static void until(BooleanSupplier condition, String what) throws InterruptedException {
    for (int tries = 0; !condition.getAsBoolean(); tries++) {
      that(tries < 300, "timed out waiting until " + what);
      Thread.sleep(100);
    }
  }

  private void untilActive(String stream) throws InterruptedException {
    until(
        () ->
            kinesis.describeStreamSummary(b -> b.streamName(stream)).streamDescriptionSummary()
                    .streamStatus()
                == StreamStatus.ACTIVE,
        "the stream is ACTIVE");
  }

  private List<Shard> shards(String stream) {
    return kinesis.listShards(b -> b.streamName(stream)).shards();
  }

  private static boolean holds(Shard shard, BigInteger hashKey) {
    BigInteger start = new BigInteger(shard.hashKeyRange().startingHashKey());
    BigInteger end = new BigInteger(shard.hashKeyRange().endingHashKey());
    return start.compareTo(hashKey) <= 0 && hashKey.compareTo(end) <= 0;
  }

  private static BigInteger hashKey(String partitionKey) throws NoSuchAlgorithmException {
    byte[] bytes = partitionKey.getBytes(StandardCharsets.UTF_8);
    return new BigInteger(1, MessageDigest.getInstance("MD5").digest(bytes));
  }

  private void create() throws InterruptedException {
    kinesis.createStream(b -> b.streamName(STREAM).shardCount(4));
    untilActive(STREAM);
  }

  private List<ListenableFuture<UserRecordResult>> add(String name) {
    List<ListenableFuture<UserRecordResult>> results = new ArrayList<>();
    for (int n = 0; n < RECORDS; n++) {
      ByteBuffer data = ByteBuffer.wrap((name + " " + n).getBytes(StandardCharsets.UTF_8));
      results.add(producer.addUserRecord(STREAM, name + " " + n, data));
    }
    return results;
  }

  /** Books what was acknowledged and returns the most attempts that a record took. */
  private int acknowledge(String name, List<ListenableFuture<UserRecordResult>> results)
      throws Exception {
    int attempts = 0;
    for (int n = 0; n < RECORDS; n++) {
      UserRecordResult result = results.get(n).get(60, TimeUnit.SECONDS);
      that(result.isSuccessful(), result.getAttempts());
      attempts = Math.max(attempts, result.getAttempts().size());
      acknowledged.put(name + " " + n, result.getShardId());
    }
    return attempts;
  }

  private void put(String name, int attemptsMax) throws Exception {
    int attempts = acknowledge(name, add(name));
    that(attempts <= attemptsMax, attempts + " attempts");
    List<Shard> open =
        shards(STREAM).stream()
            .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
            .collect(Collectors.toList());
    for (int n = 0; n < RECORDS; n++) {
      String key = name + " " + n;
      BigInteger hash = hashKey(key);
      String expected =
          open.stream().filter(shard -> holds(shard, hash)).findFirst().orElseThrow().shardId();
      that(expected.equals(acknowledged.get(key)), key + " in " + acknowledged.get(key));
    }
  }

  private void putThroughSplit() throws Exception {
    List<ListenableFuture<UserRecordResult>> before = add("before");
    Shard first = shards(STREAM).get(0);
    BigInteger end = new BigInteger(first.hashKeyRange().endingHashKey());
    kinesis.splitShard(
        b ->
            b.streamName(STREAM)
                .shardToSplit(first.shardId())
                .newStartingHashKey(end.shiftRight(1).toString()));
    List<ListenableFuture<UserRecordResult>> during = add("during");
    int attempts = acknowledge("before", before);
    attempts = Math.max(attempts, acknowledge("during", during));
    untilActive(STREAM);
    int last = acknowledge("settling", add("settling"));
    System.out.println("     at most " + attempts + ", then " + last + " attempts");
  }

  /** Reads all shards; de-aggregation by range drops what its shard should not hold. */
  private void readBack() {
    Map<String, String> found = new HashMap<>();
    int stored = 0;
    for (Shard shard : shards(STREAM)) {
      List<KinesisClientRecord> raw = read(STREAM, shard);
      stored += raw.size();
      List<KinesisClientRecord> users =
          new AggregatorUtil()
              .deaggregate(
                  raw,
                  shard.hashKeyRange().startingHashKey(),
                  shard.hashKeyRange().endingHashKey());
      for (KinesisClientRecord user : users) {
        String text = StandardCharsets.UTF_8.decode(user.data()).toString();
        that(text.equals(user.partitionKey()), text + " under " + user.partitionKey());
        found.put(text, shard.shardId());
      }
    }
    that(found.equals(acknowledged), "found " + found.size() + " of " + acknowledged.size());
    that(stored * 2 < found.size(), stored + " records hold " + found.size());
    System.out.println("     " + stored + " records hold " + found.size() + " user records");
  }

  private List<KinesisClientRecord> read(String stream, Shard shard) {
    List<KinesisClientRecord> records = new ArrayList<>();
    String iterator =
        kinesis
            .getShardIterator(
                b ->
                    b.streamName(stream)
                        .shardId(shard.shardId())
                        .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
            .shardIterator();
    while (iterator != null) {
      String from = iterator;
      GetRecordsResponse page = kinesis.getRecords(b -> b.shardIterator(from));
      page.records().forEach(record -> records.add(KinesisClientRecord.fromRecord(record)));
      iterator = page.nextShardIterator();
      if (page.records().isEmpty() && page.millisBehindLatest() == 0) {
        break;
      }
    }
    return records;
  }

  /** The SDK for Java does not know the member yet, so the request is written by hand. */
  private void createDistributed() throws Exception {
    String body =
        "{\"StreamName\":\"" + AUTO_STREAM + "\",\"StreamModeDetails\":{\"StreamMode\":"
            + "\"ON_DEMAND\"},\"RecordDistributionStrategy\":\"AUTO\"}";
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(System.getenv("KINESIS_ENDPOINT")))
            .header("Content-Type", "application/x-amz-json-1.1")
            .header("X-Amz-Target", "Kinesis_20131202.CreateStream")
            .header("X-Amz-Date", "20260101T000000Z")
            .header(
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/kinesis/aws4_request,"
                    + " SignedHeaders=host;x-amz-date, Signature=" + "0".repeat(64))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    that(answer.statusCode() == 200, answer.statusCode() + " " + answer.body());
    untilActive(AUTO_STREAM);
  }

  private void distributed() throws Exception {
    createDistributed();
    List<ListenableFuture<UserRecordResult>> results = new ArrayList<>();
    Set<String> sent = new HashSet<>();
    for (int n = 0; n < RECORDS; n++) {
      byte[] data = ("auto " + n).getBytes(StandardCharsets.UTF_8);
      sent.add("auto " + n);
      results.add(producer.addUserRecord(AUTO_STREAM, ByteBuffer.wrap(data)));
    }
    for (ListenableFuture<UserRecordResult> result : results) {
      that(result.get(60, TimeUnit.SECONDS).isSuccessful(), result.get().getAttempts());
      that(result.get().getAttempts().size() == 1, result.get().getAttempts());
    }
    Set<String> found = new HashSet<>();
    for (Shard shard : shards(AUTO_STREAM)) {
      List<KinesisClientRecord> users =
          new AggregatorUtil().deaggregate(read(AUTO_STREAM, shard));
      System.out.println("     " + users.size() + " in " + shard.shardId());
      that(users.size() > RECORDS / 10, users.size() + " in " + shard.shardId());
      users.forEach(user -> found.add(StandardCharsets.UTF_8.decode(user.data()).toString()));
    }
    that(found.equals(sent), "found " + found.size() + " of " + sent.size());
  }

  private void delete() {
    for (String stream : List.of(STREAM, AUTO_STREAM)) {
      kinesis.deleteStream(b -> b.streamName(stream));
    }
  }
}
